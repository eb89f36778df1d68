/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Scatter lists: an entry's page pointer has two flags in its low bits. */
#define SG_CHAIN 1ul
#define SG_END 2ul
#define SG_PAGE_LINK_MASK (SG_CHAIN | SG_END)
#define sg_is_chain(sg) ((sg)->page_link & SG_CHAIN)
#define sg_is_last(sg) ((sg)->page_link & SG_END)
#define sg_chain_ptr(sg) ((struct scatterlist *)((sg)->page_link & ~SG_PAGE_LINK_MASK))
#define sg_page(sg) ((struct page *)((sg)->page_link & ~SG_PAGE_LINK_MASK))
#define sg_next(sg) ({ struct scatterlist *__lt_sgn = (sg); \
	if (sg_is_last(__lt_sgn)) { \
		__lt_sgn = (struct scatterlist *)0; \
	} else { \
		__lt_sgn++; \
		if (sg_is_chain(__lt_sgn)) \
			__lt_sgn = sg_chain_ptr(__lt_sgn); \
	} \
	__lt_sgn; })
#define for_each_sg(list, sg, count, i) for (i = 0, sg = (list); i < (count); i++, sg = sg_next(sg))
#define sg_dma_address(sg) ((sg)->dma_address)
#if __LT_PORTABLE
struct scatterlist___dma { unsigned int dma_length; } __attribute__((preserve_access_index));
#define sg_dma_len(sg) (bpf_core_field_exists(((struct scatterlist___dma *)(sg))->dma_length) ? \
	((struct scatterlist___dma *)(sg))->dma_length : (sg)->length)
#elif KERNEL_HAS(scatterlist, dma_length)
#define sg_dma_len(sg) ((sg)->dma_length)
#else
#define sg_dma_len(sg) ((sg)->length)
#endif
