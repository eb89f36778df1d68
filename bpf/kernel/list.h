/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Lists and trees. The verifier wants a bound on every loop over one. */
#define LIST_POISON1 ((void *)0xdead000000000100ul)
#define LIST_POISON2 ((void *)0xdead000000000122ul)
#define list_entry(pointer, type, member) container_of(pointer, type, member)
#define list_first_entry(head, type, member) container_of((head)->next, type, member)
#define list_last_entry(head, type, member) container_of((head)->prev, type, member)
#define list_next_entry(at, member) container_of((at)->member.next, typeof(*(at)), member)
#define list_prev_entry(at, member) container_of((at)->member.prev, typeof(*(at)), member)
#define list_first_entry_or_null(head, type, member) ({ struct list_head *__lt_lfe_head = (head); \
	struct list_head *__lt_lfe = __lt_lfe_head->next; \
	__lt_lfe != __lt_lfe_head ? container_of(__lt_lfe, type, member) : (type *)0; })
#define list_empty(head) ((head)->next == (head))
#define list_is_singular(head) ((head)->next != (head) && (head)->next == (head)->prev)
#define list_is_last(entry, head) ((entry)->next == (head))
#define list_is_first(entry, head) ((entry)->prev == (head))
#define list_entry_is_head(at, head, member) (&(at)->member == (head))
#define list_for_each(at, head) for (at = (head)->next; at != (head); at = at->next)
#define list_for_each_entry(at, head, member) \
	for (at = list_first_entry(head, typeof(*at), member); &at->member != (head); at = list_next_entry(at, member))
#define list_for_each_entry_rcu(at, head, member, ...) list_for_each_entry(at, head, member)
#define list_entry_rcu(pointer, type, member) container_of(pointer, type, member)
#define hlist_entry(pointer, type, member) container_of(pointer, type, member)
#define hlist_entry_safe(pointer, type, member) ({ typeof(pointer) __lt_hes = (pointer); \
	__lt_hes ? container_of(__lt_hes, type, member) : (type *)0; })
#define hlist_empty(head) (!(head)->first)
#define hlist_unhashed(node) (!(node)->pprev)
#define hlist_for_each_entry(at, head, member) \
	for (at = hlist_entry_safe((head)->first, typeof(*at), member); at; \
	     at = hlist_entry_safe(at->member.next, typeof(*at), member))
#define hlist_for_each_entry_rcu(at, head, member, ...) hlist_for_each_entry(at, head, member)
#define hlist_nulls_entry(pointer, type, member) container_of(pointer, type, member)
#define is_a_nulls(pointer) ((unsigned long)(pointer) & 1)
#define llist_entry(pointer, type, member) container_of(pointer, type, member)
#define llist_empty(head) (!(head)->first)
#define rb_entry(pointer, type, member) container_of(pointer, type, member)
#define rb_entry_safe(pointer, type, member) ({ typeof(pointer) __lt_rbs = (pointer); \
	__lt_rbs ? container_of(__lt_rbs, type, member) : (type *)0; })
#define rb_parent(node) ((struct rb_node *)((node)->__rb_parent_color & ~3ul))
#define rb_first_cached(root) ((root)->rb_leftmost)
#define RB_EMPTY_ROOT(root) (!(root)->rb_node)
#define RB_EMPTY_NODE(node) ((node)->__rb_parent_color == (unsigned long)(node))
#define xa_is_value(entry) ((unsigned long)(entry) & 1)
#define xa_to_value(entry) ((unsigned long)(entry) >> 1)
#define work_pending(work) ((work)->data.counter & 1)
#define to_delayed_work(pointer) container_of(pointer, struct delayed_work, work)
