/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Memory: pages, folios, zones, areas, allocation flags. */
#define PAGE_SHIFT 12
#define PAGE_SIZE (1ul << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(address) (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_ALIGNED(address) (!((unsigned long)(address) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN_DOWN(address) ((address) & PAGE_MASK)
#define offset_in_page(pointer) ((unsigned long)(pointer) & ~PAGE_MASK)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x) ((u64)(x) << PAGE_SHIFT)
#define PHYS_PFN(x) ((unsigned long)((x) >> PAGE_SHIFT))
#define PMD_SHIFT 21
#define PMD_SIZE (1ul << PMD_SHIFT)
#define PMD_MASK (~(PMD_SIZE - 1))
#define PUD_SHIFT 30
#define PUD_SIZE (1ul << PUD_SHIFT)
#define HPAGE_SHIFT PMD_SHIFT
#define HPAGE_SIZE (1ul << HPAGE_SHIFT)
#define HPAGE_PMD_SHIFT PMD_SHIFT
#define HPAGE_PMD_SIZE PMD_SIZE
#define HPAGE_PMD_ORDER (PMD_SHIFT - PAGE_SHIFT)
#define HPAGE_PMD_NR (1 << HPAGE_PMD_ORDER)
#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES 64
#define SMP_CACHE_BYTES 64

/* Orders are counted by the kernel's own array of them. MAX_ORDER is their number, as it was until 6.3. */
#define NR_PAGE_ORDERS (sizeof(((struct zone *)0)->free_area) / sizeof(struct free_area))
#define MAX_ORDER NR_PAGE_ORDERS
#define MAX_PAGE_ORDER (NR_PAGE_ORDERS - 1)
#define MAX_ORDER_NR_PAGES (1ul << MAX_PAGE_ORDER)
#define MAX_NR_ZONES __MAX_NR_ZONES
#define MAX_NUMNODES (1 << CONFIG_NODES_SHIFT)
#define NODES_SHIFT CONFIG_NODES_SHIFT
#define NUMA_NO_NODE (-1)
#define MAX_ZONELISTS (sizeof(((struct pglist_data *)0)->node_zonelists) / sizeof(struct zonelist))
#define DEF_PRIORITY 12
#define SWAP_CLUSTER_MAX 32
#define COMPACT_CLUSTER_MAX 32
#define PAGE_ALLOC_COSTLY_ORDER 3
#define zone_idx(zone) ((zone) - (zone)->zone_pgdat->node_zones)
#define zone_end_pfn(zone) ((zone)->zone_start_pfn + (zone)->spanned_pages)
#define zone_managed_pages(zone) ((unsigned long)(zone)->managed_pages.counter)
#define zone_to_nid(zone) ((zone)->node)
#define zone_is_initialized(zone) ((zone)->initialized)

/* In newer kernels the flags are a struct: read as the long that a page begins with. */
#define __lt_page_flag(page, flag) (*(unsigned long *)(page) >> (flag) & 1)
#define PageLocked(page) __lt_page_flag(page, PG_locked)
#define PageReferenced(page) __lt_page_flag(page, PG_referenced)
#define PageUptodate(page) __lt_page_flag(page, PG_uptodate)
#define PageDirty(page) __lt_page_flag(page, PG_dirty)
#define PageLRU(page) __lt_page_flag(page, PG_lru)
#define PageActive(page) __lt_page_flag(page, PG_active)
#define PageReserved(page) __lt_page_flag(page, PG_reserved)
#define PagePrivate(page) __lt_page_flag(page, PG_private)
#define PageWriteback(page) __lt_page_flag(page, PG_writeback)
#define PageHead(page) __lt_page_flag(page, PG_head)
#define PageReclaim(page) __lt_page_flag(page, PG_reclaim)
#define PageSwapBacked(page) __lt_page_flag(page, PG_swapbacked)
#define PageUnevictable(page) __lt_page_flag(page, PG_unevictable)
#define PageMlocked(page) __lt_page_flag(page, PG_mlocked)
#define PageWorkingset(page) __lt_page_flag(page, PG_workingset)
#define PageAnon(page) ((unsigned long)(page)->mapping & 1)
#define PageTail(page) ((unsigned long)(page)->compound_head & 1)
#define PageCompound(page) (PageHead(page) || PageTail(page))
#define folio_test_locked(folio) PageLocked(&(folio)->page)
#define folio_test_referenced(folio) PageReferenced(&(folio)->page)
#define folio_test_uptodate(folio) PageUptodate(&(folio)->page)
#define folio_test_dirty(folio) PageDirty(&(folio)->page)
#define folio_test_lru(folio) PageLRU(&(folio)->page)
#define folio_test_active(folio) PageActive(&(folio)->page)
#define folio_test_private(folio) PagePrivate(&(folio)->page)
#define folio_test_writeback(folio) PageWriteback(&(folio)->page)
#define folio_test_swapbacked(folio) PageSwapBacked(&(folio)->page)
#define folio_test_workingset(folio) PageWorkingset(&(folio)->page)
#define folio_test_anon(folio) ((unsigned long)(folio)->mapping & 1)
#define folio_test_head(folio) PageHead(&(folio)->page)
#define folio_test_large(folio) PageHead(&(folio)->page)
#define compound_head(of) ({ struct page *__lt_ch = (of); unsigned long __lt_ch_head = __lt_ch->compound_head; \
	__lt_ch_head & 1 ? (struct page *)(__lt_ch_head - 1) : __lt_ch; })
#define page_folio(page) ((struct folio *)compound_head(page))
#define folio_page(folio, n) (&(folio)->page + (n))
#define nth_page(page, n) ((page) + (n))
#if __LT_PORTABLE
struct folio___order { unsigned long _flags_1; unsigned char _folio_order; } __attribute__((preserve_access_index));
#define folio_order(folio) (!folio_test_large(folio) ? 0 : \
	bpf_core_field_exists(((struct folio___order *)(folio))->_folio_order) ? \
	((struct folio___order *)(folio))->_folio_order : ((struct folio___order *)(folio))->_flags_1 & 0xff)
#elif KERNEL_HAS(folio, _folio_order)
#define folio_order(folio) (folio_test_large(folio) ? (folio)->_folio_order : 0)
#else
#define folio_order(folio) (folio_test_large(folio) ? (folio)->_flags_1 & 0xff : 0)
#endif
#define folio_nr_pages(folio) (1ul << folio_order(folio))
#define folio_size(folio) (PAGE_SIZE << folio_order(folio))
#define folio_mapping(folio) ((folio)->mapping)
#define folio_index(folio) ((folio)->index)
#define folio_pos(folio) ((loff_t)(folio)->index << PAGE_SHIFT)
#define folio_ref_count(folio) ((folio)->_refcount.counter)
#define page_ref_count(page) ((page)->_refcount.counter)
#define page_count(page) ((page)->_refcount.counter)
#define page_mapping(page) ((struct address_space *)((unsigned long)(page)->mapping & ~3ul))
#if KERNEL_HAS(page, index)
#define page_index(page) ((page)->index)
#else
#define page_index(page) ((page)->__folio_index)
#endif
#define page_offset(page) ((loff_t)page_index(page) << PAGE_SHIFT)
#define page_private(page) ((page)->private)
#if __x86_64__
/* Where the kernel put its maps of memory is decided at boot. A kernel that lists no variables among its symbols
 * (CONFIG_KALLSYMS_ALL is off) does not tell: then it is where they lie unless moved, which is where kernel addresses
 * begin in any case. */
extern const void vmemmap_base __attribute__((section(".ksyms"), weak));
extern const void page_offset_base __attribute__((section(".ksyms"), weak));
#define __lt_base(symbol, unmoved) ({ unsigned long __lt_base_is = unmoved; \
	if (&symbol) bpf_probe_read_kernel(&__lt_base_is, sizeof(__lt_base_is), &symbol); __lt_base_is; })
#define vmemmap ((struct page *)__lt_base(vmemmap_base, 0xffffea0000000000ul))
#define PAGE_OFFSET __lt_base(page_offset_base, 0xffff888000000000ul)
#define page_to_pfn(page) ((unsigned long)((page) - vmemmap))
#define pfn_to_page(pfn) (vmemmap + (pfn))
#define page_to_phys(page) ((u64)page_to_pfn(page) << PAGE_SHIFT)
#define page_address(page) ((void *)(PAGE_OFFSET + page_to_phys(page)))
#define page_to_virt(page) page_address(page)
#define folio_pfn(folio) page_to_pfn(&(folio)->page)
#define folio_address(folio) page_address(&(folio)->page)
#define __va(physical) ((void *)((unsigned long)(physical) + PAGE_OFFSET))
#define phys_to_virt(physical) __va(physical)
#endif
#define vma_pages(vma) (((vma)->vm_end - (vma)->vm_start) >> PAGE_SHIFT)
#define get_mm_counter(mm, member) ((mm)->rss_stat[member].count)
#define virt_to_pfn(address) (((unsigned long)(address) - PAGE_OFFSET) >> PAGE_SHIFT)

#define VM_NONE 0x00000000
#define VM_READ 0x00000001
#define VM_WRITE 0x00000002
#define VM_EXEC 0x00000004
#define VM_SHARED 0x00000008
#define VM_MAYREAD 0x00000010
#define VM_MAYWRITE 0x00000020
#define VM_MAYEXEC 0x00000040
#define VM_MAYSHARE 0x00000080
#define VM_GROWSDOWN 0x00000100
#define VM_UFFD_MISSING 0x00000200
#define VM_PFNMAP 0x00000400
#define VM_UFFD_WP 0x00001000
#define VM_LOCKED 0x00002000
#define VM_IO 0x00004000
#define VM_SEQ_READ 0x00008000
#define VM_RAND_READ 0x00010000
#define VM_DONTCOPY 0x00020000
#define VM_DONTEXPAND 0x00040000
#define VM_LOCKONFAULT 0x00080000
#define VM_ACCOUNT 0x00100000
#define VM_NORESERVE 0x00200000
#define VM_HUGETLB 0x00400000
#define VM_SYNC 0x00800000
#define VM_ARCH_1 0x01000000
#define VM_WIPEONFORK 0x02000000
#define VM_DONTDUMP 0x04000000
#define VM_SOFTDIRTY 0x08000000
#define VM_MIXEDMAP 0x10000000
#define VM_HUGEPAGE 0x20000000
#define VM_NOHUGEPAGE 0x40000000
#define VM_MERGEABLE 0x80000000
#define VM_STACK VM_GROWSDOWN
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
#define FOLL_WRITE 0x01
#define FOLL_GET 0x04
#define FOLL_DUMP 0x08
#define FOLL_FORCE 0x10
#define FOLL_NOWAIT 0x20
#define PAGE_MAPPING_ANON 1
#define PAGE_MAPPING_FLAGS 3
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(pointer) ((unsigned long)(pointer) <= 16)
#define KMALLOC_SHIFT_LOW 3
#define KMALLOC_MIN_SIZE 8
#define ARCH_KMALLOC_MINALIGN 8
#define OO_SHIFT 16
#define OO_MASK 0xffff
#define MAX_OBJS_PER_PAGE 32767

/* Newer kernels number the allocation flags in an enum. */
/* KERNEL_FLAG(): host/cc/embed/embed_kernel.lua */
#define ___GFP_DMA KERNEL_FLAG(___GFP_DMA_BIT, ___GFP_DMA_BIT, 0x1u)
#define ___GFP_HIGHMEM KERNEL_FLAG(___GFP_HIGHMEM_BIT, ___GFP_DMA_BIT, 0x2u)
#define ___GFP_DMA32 KERNEL_FLAG(___GFP_DMA32_BIT, ___GFP_DMA_BIT, 0x4u)
#define ___GFP_MOVABLE KERNEL_FLAG(___GFP_MOVABLE_BIT, ___GFP_DMA_BIT, 0x8u)
#define ___GFP_RECLAIMABLE KERNEL_FLAG(___GFP_RECLAIMABLE_BIT, ___GFP_DMA_BIT, 0x10u)
#define ___GFP_HIGH KERNEL_FLAG(___GFP_HIGH_BIT, ___GFP_DMA_BIT, 0x20u)
#define ___GFP_IO KERNEL_FLAG(___GFP_IO_BIT, ___GFP_DMA_BIT, 0x40u)
#define ___GFP_FS KERNEL_FLAG(___GFP_FS_BIT, ___GFP_DMA_BIT, 0x80u)
#define ___GFP_ZERO KERNEL_FLAG(___GFP_ZERO_BIT, ___GFP_DMA_BIT, 0x100u)
#define ___GFP_DIRECT_RECLAIM KERNEL_FLAG(___GFP_DIRECT_RECLAIM_BIT, ___GFP_DMA_BIT, 0x400u)
#define ___GFP_KSWAPD_RECLAIM KERNEL_FLAG(___GFP_KSWAPD_RECLAIM_BIT, ___GFP_DMA_BIT, 0x800u)
#define ___GFP_WRITE KERNEL_FLAG(___GFP_WRITE_BIT, ___GFP_DMA_BIT, 0x1000u)
#define ___GFP_NOWARN KERNEL_FLAG(___GFP_NOWARN_BIT, ___GFP_DMA_BIT, 0x2000u)
#define ___GFP_RETRY_MAYFAIL KERNEL_FLAG(___GFP_RETRY_MAYFAIL_BIT, ___GFP_DMA_BIT, 0x4000u)
#define ___GFP_NOFAIL KERNEL_FLAG(___GFP_NOFAIL_BIT, ___GFP_DMA_BIT, 0x8000u)
#define ___GFP_NORETRY KERNEL_FLAG(___GFP_NORETRY_BIT, ___GFP_DMA_BIT, 0x10000u)
#define ___GFP_MEMALLOC KERNEL_FLAG(___GFP_MEMALLOC_BIT, ___GFP_DMA_BIT, 0x20000u)
#define ___GFP_COMP KERNEL_FLAG(___GFP_COMP_BIT, ___GFP_DMA_BIT, 0x40000u)
#define ___GFP_NOMEMALLOC KERNEL_FLAG(___GFP_NOMEMALLOC_BIT, ___GFP_DMA_BIT, 0x80000u)
#define ___GFP_HARDWALL KERNEL_FLAG(___GFP_HARDWALL_BIT, ___GFP_DMA_BIT, 0x100000u)
#define ___GFP_THISNODE KERNEL_FLAG(___GFP_THISNODE_BIT, ___GFP_DMA_BIT, 0x200000u)
#define ___GFP_ACCOUNT KERNEL_FLAG(___GFP_ACCOUNT_BIT, ___GFP_DMA_BIT, 0x400000u)
#define ___GFP_ZEROTAGS KERNEL_FLAG(___GFP_ZEROTAGS_BIT, ___GFP_DMA_BIT, 0x800000u)
#define ___GFP_ATOMIC (LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0) ? 0x200u : 0)
#define __GFP_DMA ___GFP_DMA
#define __GFP_HIGHMEM ___GFP_HIGHMEM
#define __GFP_DMA32 ___GFP_DMA32
#define __GFP_MOVABLE ___GFP_MOVABLE
#define __GFP_RECLAIMABLE ___GFP_RECLAIMABLE
#define __GFP_HIGH ___GFP_HIGH
#define __GFP_IO ___GFP_IO
#define __GFP_FS ___GFP_FS
#define __GFP_ZERO ___GFP_ZERO
#define __GFP_DIRECT_RECLAIM ___GFP_DIRECT_RECLAIM
#define __GFP_KSWAPD_RECLAIM ___GFP_KSWAPD_RECLAIM
#define __GFP_WRITE ___GFP_WRITE
#define __GFP_NOWARN ___GFP_NOWARN
#define __GFP_RETRY_MAYFAIL ___GFP_RETRY_MAYFAIL
#define __GFP_NOFAIL ___GFP_NOFAIL
#define __GFP_NORETRY ___GFP_NORETRY
#define __GFP_MEMALLOC ___GFP_MEMALLOC
#define __GFP_COMP ___GFP_COMP
#define __GFP_NOMEMALLOC ___GFP_NOMEMALLOC
#define __GFP_HARDWALL ___GFP_HARDWALL
#define __GFP_THISNODE ___GFP_THISNODE
#define __GFP_ACCOUNT ___GFP_ACCOUNT
#define __GFP_ZEROTAGS ___GFP_ZEROTAGS
#define __GFP_ATOMIC ___GFP_ATOMIC
#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_ATOMIC (__GFP_HIGH | __GFP_ATOMIC | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | (LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0) ? 0 : __GFP_NOWARN))
#define GFP_NOIO __GFP_RECLAIM
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (__GFP_RECLAIM | __GFP_IO | __GFP_FS | __GFP_HARDWALL)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_TRANSHUGE_LIGHT ((GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOMEMALLOC | __GFP_NOWARN) & ~__GFP_RECLAIM)
#define GFP_TRANSHUGE (GFP_TRANSHUGE_LIGHT | __GFP_DIRECT_RECLAIM)
#define GFP_MOVABLE_MASK (__GFP_RECLAIMABLE | __GFP_MOVABLE)
#define GFP_MOVABLE_SHIFT 3
#define gfpflags_allow_blocking(flags) (!!((flags) & __GFP_DIRECT_RECLAIM))

#define SLAB_CONSISTENCY_CHECKS KERNEL_FLAG(_SLAB_CONSISTENCY_CHECKS, _SLAB_POISON, 0x100u)
#define SLAB_RED_ZONE KERNEL_FLAG(_SLAB_RED_ZONE, _SLAB_POISON, 0x400u)
#define SLAB_POISON KERNEL_FLAG(_SLAB_POISON, _SLAB_POISON, 0x800u)
#define SLAB_KMALLOC KERNEL_FLAG(_SLAB_KMALLOC, _SLAB_POISON, 0x1000u)
#define SLAB_HWCACHE_ALIGN KERNEL_FLAG(_SLAB_HWCACHE_ALIGN, _SLAB_POISON, 0x2000u)
#define SLAB_CACHE_DMA KERNEL_FLAG(_SLAB_CACHE_DMA, _SLAB_POISON, 0x4000u)
#define SLAB_CACHE_DMA32 KERNEL_FLAG(_SLAB_CACHE_DMA32, _SLAB_POISON, 0x8000u)
#define SLAB_STORE_USER KERNEL_FLAG(_SLAB_STORE_USER, _SLAB_POISON, 0x10000u)
#define SLAB_PANIC KERNEL_FLAG(_SLAB_PANIC, _SLAB_POISON, 0x40000u)
#define SLAB_TYPESAFE_BY_RCU KERNEL_FLAG(_SLAB_TYPESAFE_BY_RCU, _SLAB_POISON, 0x80000u)
#define SLAB_TRACE KERNEL_FLAG(_SLAB_TRACE, _SLAB_POISON, 0x200000u)
#define SLAB_NOLEAKTRACE KERNEL_FLAG(_SLAB_NOLEAKTRACE, _SLAB_POISON, 0x800000u)
#define SLAB_NO_MERGE KERNEL_FLAG(_SLAB_NO_MERGE, _SLAB_POISON, 0x1000000u)
#define SLAB_ACCOUNT KERNEL_FLAG(_SLAB_ACCOUNT, _SLAB_POISON, 0x4000000u)
#define SLAB_KASAN KERNEL_FLAG(_SLAB_KASAN, _SLAB_POISON, 0x8000000u)
#define SLAB_NO_USER_FLAGS KERNEL_FLAG(_SLAB_NO_USER_FLAGS, _SLAB_POISON, 0x10000000u)
#define SLAB_RECLAIM_ACCOUNT KERNEL_FLAG(_SLAB_RECLAIM_ACCOUNT, _SLAB_POISON, 0x20000u)
#define SLAB_TEMPORARY SLAB_RECLAIM_ACCOUNT
