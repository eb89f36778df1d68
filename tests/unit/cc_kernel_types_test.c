/* SPDX-License-Identifier: MIT
 *
 * Steps through kernel objects as the verifier takes them, on kinds of members that no one kernel has all of; and what
 * programs on trampolines find in their contexts, which not every kernel can run.
 */
#include "../../host/cc/lower/kernel_types.h"
#include <bpf/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
	struct btf *types;
	struct kernel_btf btf;
	struct lowering lowering;
	uint32_t leaf, node, open, wide;
};

/* struct leaf { int a, b; };
 * struct node {
 *	 0 struct leaf *leaf;            8 void *opaque;         16 struct leaf **leaves;   24 char *text;
 *	32 struct leaf inner;           40 struct leaf *two[2];  56 union { long number; struct leaf *other; };
 *	64 struct leaf *__percpu each;  72 struct leaf *__rcu guarded;
 *	80 unsigned low:4, high:12;     84 char name[4];
 * };
 * struct open { int count; struct leaf elements[]; };   struct wide { long a, b; };
 */
static void add_structs(struct fixture *f, int integer, int word)
{
	struct btf *types = f->types;
	int character = btf__add_int(types, "char", 1, BTF_INT_CHAR), inner, tagged, pointer;

	f->leaf = btf__add_struct(types, "leaf", 8);
	btf__add_field(types, "a", integer, 0, 0);
	btf__add_field(types, "b", integer, 32, 0);
	pointer = btf__add_ptr(types, btf__add_const(types, f->leaf));
	inner = btf__add_union(types, NULL, 8);
	btf__add_field(types, "number", word, 0, 0);
	btf__add_field(types, "other", pointer, 0, 0);
	tagged = btf__add_ptr(types, btf__add_type_tag(types, "percpu", f->leaf));
	int members[] = {
		pointer, btf__add_ptr(types, 0), btf__add_ptr(types, pointer), btf__add_ptr(types, character), f->leaf,
		btf__add_array(types, integer, pointer, 2), 0, inner, tagged,
		btf__add_ptr(types, btf__add_type_tag(types, "rcu", f->leaf)),
	};
	int name = btf__add_array(types, integer, character, 4), elements = btf__add_array(types, integer, f->leaf, 0);

	f->node = btf__add_struct(types, "node", 88);
	for (unsigned i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (i != 6)
			btf__add_field(types, "member", members[i], 64 * i, 0);
	btf__add_field(types, "low", integer, 640, 4);
	btf__add_field(types, "high", integer, 644, 12);
	btf__add_field(types, "name", name, 672, 0);
	f->open = btf__add_struct(types, "open", 4);
	btf__add_field(types, "count", integer, 0, 0);
	btf__add_field(types, "elements", elements, 32, 0);
	f->wide = btf__add_struct(types, "wide", 16);
	btf__add_field(types, "a", word, 0, 0);
	btf__add_field(types, "b", word, 64, 0);
}

/* typedef void (*btf_trace_event)(void *, struct node *, int);
 * struct leaf *function(int, struct wide, const struct node *, void *);
 * struct bpf_iter__thing { union { struct node *node; }; int number; union { void *key; }; }; */
static void add_contexts(struct fixture *f, int integer)
{
	struct btf *types = f->types;
	int nothing = btf__add_ptr(types, 0), leaf = btf__add_ptr(types, f->leaf), prototype, node, key;

	node = btf__add_ptr(types, btf__add_const(types, f->node));
	prototype = btf__add_func_proto(types, 0);
	btf__add_func_param(types, "", nothing);
	btf__add_func_param(types, "", node);
	btf__add_func_param(types, "", integer);
	btf__add_typedef(types, "btf_trace_event", btf__add_ptr(types, prototype));
	prototype = btf__add_func_proto(types, leaf);
	btf__add_func_param(types, "", integer);
	btf__add_func_param(types, "", f->wide);
	btf__add_func_param(types, "", node);
	btf__add_func_param(types, "", nothing);
	btf__add_func(types, "function", BTF_FUNC_STATIC, prototype);
	leaf = btf__add_union(types, NULL, 8);
	btf__add_field(types, "node", node, 0, 0);
	key = btf__add_union(types, NULL, 8);
	btf__add_field(types, "key", nothing, 0, 0);
	btf__add_struct(types, "bpf_iter__thing", 24);
	btf__add_field(types, "", leaf, 0, 0);
	btf__add_field(types, "number", integer, 64, 0);
	btf__add_field(types, "", key, 128, 0);
}

static void open_fixture(struct fixture *f)
{
	int integer, word;
	uint32_t size;
	const void *data;

	*f = (struct fixture){ .types = btf__new_empty() };
	integer = btf__add_int(f->types, "int", 4, BTF_INT_SIGNED);
	word = btf__add_int(f->types, "long", 8, BTF_INT_SIGNED);
	add_structs(f, integer, word);
	add_contexts(f, integer);
	data = btf__raw_data(f->types, &size);
	assert_null(btf_index(&f->btf, data, size));
	f->lowering.btf = &f->btf;
}

static void close_fixture(struct fixture *f)
{
	btf_release(&f->btf);
	btf__free(f->types);
}

enum { REFUSED = -1, TO_NUMBER = 0 };

static int step(const struct fixture *f, uint32_t id, int64_t offset, uint32_t size)
{
	struct kernel_step step = kernel_step(&f->btf, id, offset, size);

	return step.allowed ? (int)step.leads_to : REFUSED;
}

static void test_steps(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f);
	assert_int_equal(step(&f, f.node, 0, 8), f.leaf);
	assert_int_equal(step(&f, f.node, 0, 4), REFUSED);	/* half of a pointer */
	assert_int_equal(step(&f, f.node, 4, 4), REFUSED);
	assert_int_equal(step(&f, f.node, 8, 8), TO_NUMBER);	/* void * */
	assert_int_equal(step(&f, f.node, 16, 8), TO_NUMBER);	/* struct leaf ** */
	assert_int_equal(step(&f, f.node, 24, 8), TO_NUMBER);	/* char * */
	assert_int_equal(step(&f, f.node, 36, 4), TO_NUMBER);	/* inner.b */
	assert_int_equal(step(&f, f.node, 32, 8), REFUSED);	/* two members at once */
	assert_int_equal(step(&f, f.node, 40, 8), f.leaf);
	assert_int_equal(step(&f, f.node, 48, 8), f.leaf);
	assert_int_equal(step(&f, f.node, 44, 8), REFUSED);
	assert_int_equal(step(&f, f.node, 56, 8), TO_NUMBER);	/* the union's first member */
	assert_int_equal(step(&f, f.node, 64, 8), TO_NUMBER);	/* of another address space */
	assert_int_equal(step(&f, f.node, 72, 8), f.leaf);
	assert_int_equal(step(&f, f.node, 80, 2), TO_NUMBER);
	assert_int_equal(step(&f, f.node, 81, 1), REFUSED);	/* the end of a bitfield */
	assert_int_equal(step(&f, f.node, 85, 1), TO_NUMBER);
	assert_int_equal(step(&f, f.node, 84, 4), TO_NUMBER);	/* several of an array */
	assert_int_equal(step(&f, f.node, 86, 4), REFUSED);
	assert_int_equal(step(&f, f.node, 82, 2), REFUSED);	/* nothing lies there */
	assert_int_equal(step(&f, f.node, 88, 1), REFUSED);
	assert_int_equal(step(&f, f.node, -8, 8), REFUSED);
	assert_int_equal(step(&f, f.open, 4 + 8 * 3 + 4, 4), TO_NUMBER);
	assert_int_equal(step(&f, f.open, 4 + 8 * 3, 8), REFUSED);
	assert_int_equal(step(&f, f.leaf, 8, 4), REFUSED);
	assert_int_equal(step(&f, 0, 0, 8), REFUSED);
	assert_int_equal(step(&f, 1, 0, 4), REFUSED);		/* no struct */
	close_fixture(&f);
}

/* What is found at an offset: -1 nothing is known, 0 a number, -2 memory, else an object's struct. */
static int found(const struct fixture *f, const struct kernel_context *context, int64_t offset)
{
	static const int others[] = { [ARGUMENT_UNKNOWN] = -1, [ARGUMENT_NUMBER] = 0, [ARGUMENT_MEMORY] = -2 };
	uint32_t id = 0;
	enum kernel_argument kind = kernel_argument(&f->btf, context, offset, &id);

	return kind == ARGUMENT_OBJECT ? (int)id : others[kind];
}

/* A program as the lowering has it, of a name and a section. */
static struct kernel_context named(const struct fixture *f, const char *name, const char *section, const char *kind)
{
	const struct program_kind kinds[] = { { kind, "fentry" }, { 0 } };
	struct lowering lowering = f->lowering;
	LLVMContextRef llvm = LLVMContextCreate();
	LLVMModuleRef module = LLVMModuleCreateWithNameInContext("", llvm);
	LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(llvm), NULL, 0, 0);
	LLVMValueRef program = LLVMAddFunction(module, name, type);
	struct kernel_context contexts[2] = { 0 };

	lowering.kinds = kinds;
	LLVMSetSection(program, section);
	kernel_context_name(&lowering, program, &contexts[1]);
	kernel_contexts_find(&lowering, contexts, 2);
	LLVMDisposeModule(module);
	LLVMContextDispose(llvm);
	return contexts[1];
}

static void check_function(const struct fixture *f, struct kernel_context context)
{
	assert_int_equal(found(f, &context, 0), 0);
	assert_int_equal(found(f, &context, 8), 0);		/* a struct in two registers */
	assert_int_equal(found(f, &context, 16), 0);
	assert_int_equal(found(f, &context, 24), f->node);
	assert_int_equal(found(f, &context, 32), 0);
	assert_int_equal(found(f, &context, 40), f->leaf);	/* what it returned */
	assert_int_equal(found(f, &context, 48), 0);
}

static void test_contexts(void **state)
{
	struct fixture f;
	struct kernel_context context;

	(void)state;
	open_fixture(&f);
	check_function(&f, named(&f, "kretfunc__vmlinux__function", "lt/kretfunc__vmlinux__function", NULL));
	check_function(&f, named(&f, "kmod_ret__function", "", NULL));
	check_function(&f, named(&f, "any", "fexit/function", NULL));
	check_function(&f, named(&f, "any", "fexit.s/module:function", NULL));
	context = named(&f, "any", "tp_btf/event", NULL);
	assert_int_equal(found(&f, &context, 0), f.node);
	assert_int_equal(found(&f, &context, 8), 0);
	context = named(&f, "bpf_iter__thing", "lt/bpf_iter__thing", NULL);
	assert_int_equal(found(&f, &context, 0), f.node);
	assert_int_equal(found(&f, &context, 8), 0);
	assert_int_equal(found(&f, &context, 16), -2);
	assert_int_equal(found(&f, &context, 24), 0);
	/* nothing says what it is attached to */
	context = named(&f, "any", "lt/any", NULL);
	assert_int_equal(found(&f, &context, 0), -1);
	context = named(&f, "kfunc__vmlinux__function", "", "kfunc__vmlinux__function");
	assert_int_equal(found(&f, &context, 0), -1);
	context = named(&f, "any", "fentry/nowhere", NULL);
	assert_int_equal(found(&f, &context, 0), -1);
	context = named(&f, "any", "fentry", NULL);
	assert_int_equal(found(&f, &context, 0), -1);
	close_fixture(&f);
}

static void test_results(void **state)
{
	struct fixture f;
	uint32_t id = 0;

	(void)state;
	open_fixture(&f);
	assert_int_equal(kernel_result(&f.lowering, "function", &id), ARGUMENT_OBJECT);
	assert_int_equal(id, f.leaf);
	assert_int_equal(kernel_result(&f.lowering, "nowhere", &id), ARGUMENT_UNKNOWN);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_results),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
