/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Requests and bios. Operations and the numbers of flags are enumerators of BTF. */
#define SECTOR_SHIFT 9
#define SECTOR_SIZE 512
#define SECTOR_MASK (PAGE_SECTORS - 1)
#define PAGE_SECTORS_SHIFT (PAGE_SHIFT - SECTOR_SHIFT)
#define PAGE_SECTORS (1 << PAGE_SECTORS_SHIFT)
#define DISK_NAME_LEN 32
#define BDEVNAME_SIZE 32
#define DISK_MAX_PARTS 256
#define BIO_MAX_VECS 256
#define BIO_MAX_PAGES 256
#define BIO_POOL_SIZE 2
#define REQ_OP_BITS 8
#define REQ_OP_MASK ((1 << REQ_OP_BITS) - 1)
#define REQ_FLAG_BITS 24
#define req_op(request) ((request)->cmd_flags & REQ_OP_MASK)
#define bio_op(bio) ((bio)->bi_opf & REQ_OP_MASK)
#define op_is_write(op) (!!((op) & 1))
#define op_is_flush(op) (!!((op) & (REQ_FUA | REQ_PREFLUSH)))
#define op_is_sync(op) (((op) & REQ_OP_MASK) == REQ_OP_READ || ((op) & (REQ_SYNC | REQ_FUA | REQ_PREFLUSH)))
#define op_is_discard(op) (((op) & REQ_OP_MASK) == REQ_OP_DISCARD)
#define rq_data_dir(request) (op_is_write(req_op(request)) ? 1 : 0)
#define bio_data_dir(bio) (op_is_write(bio_op(bio)) ? 1 : 0)
#define blk_op_is_passthrough(op) (((op) & REQ_OP_MASK) == REQ_OP_DRV_IN || ((op) & REQ_OP_MASK) == REQ_OP_DRV_OUT)
#define blk_rq_is_passthrough(request) blk_op_is_passthrough((request)->cmd_flags)
#define blk_rq_pos(request) ((request)->__sector)
#define blk_rq_bytes(request) ((request)->__data_len)
#define blk_rq_sectors(request) ((request)->__data_len >> SECTOR_SHIFT)
#define blk_rq_stats_sectors(request) ((request)->stats_sectors)
#define rq_is_sync(request) op_is_sync((request)->cmd_flags)
#if __LT_PORTABLE
struct request___ioprio { unsigned short ioprio; } __attribute__((preserve_access_index));
#define req_get_ioprio(request) (bpf_core_field_exists(((struct request___ioprio *)(request))->ioprio) ? \
	((struct request___ioprio *)(request))->ioprio : (request)->bio->bi_ioprio)
#elif KERNEL_HAS(request, ioprio)
#define req_get_ioprio(request) ((request)->ioprio)
#else
#define req_get_ioprio(request) ((request)->bio->bi_ioprio)
#endif
#define bio_sectors(bio) ((bio)->bi_iter.bi_size >> SECTOR_SHIFT)
#define bio_end_sector(bio) ((bio)->bi_iter.bi_sector + bio_sectors(bio))
#define bio_prio(bio) ((bio)->bi_ioprio)
#define bio_flagged(bio, bit) (((bio)->bi_flags >> (bit)) & 1)
#define disk_devt(disk) MKDEV((disk)->major, (disk)->first_minor)
#define disk_to_dev(disk) (&(disk)->part0->bd_device)
#define dev_to_disk(device) (container_of(device, struct block_device, bd_device)->bd_disk)
#define blk_mq_rq_to_pdu(request) ((void *)((request) + 1))
#define blk_mq_rq_from_pdu(pdu) ((struct request *)(pdu) - 1)
#define scsi_cmd_priv(command) ((void *)((command) + 1))
#if KERNEL_HAS(__REQ_FAILFAST_DEV)
#define REQ_FAILFAST_DEV (1ull << __REQ_FAILFAST_DEV)
#endif
#if KERNEL_HAS(__REQ_FAILFAST_TRANSPORT)
#define REQ_FAILFAST_TRANSPORT (1ull << __REQ_FAILFAST_TRANSPORT)
#endif
#if KERNEL_HAS(__REQ_FAILFAST_DRIVER)
#define REQ_FAILFAST_DRIVER (1ull << __REQ_FAILFAST_DRIVER)
#endif
#if KERNEL_HAS(__REQ_SYNC)
#define REQ_SYNC (1ull << __REQ_SYNC)
#endif
#if KERNEL_HAS(__REQ_META)
#define REQ_META (1ull << __REQ_META)
#endif
#if KERNEL_HAS(__REQ_PRIO)
#define REQ_PRIO (1ull << __REQ_PRIO)
#endif
#if KERNEL_HAS(__REQ_NOMERGE)
#define REQ_NOMERGE (1ull << __REQ_NOMERGE)
#endif
#if KERNEL_HAS(__REQ_IDLE)
#define REQ_IDLE (1ull << __REQ_IDLE)
#endif
#if KERNEL_HAS(__REQ_INTEGRITY)
#define REQ_INTEGRITY (1ull << __REQ_INTEGRITY)
#endif
#if KERNEL_HAS(__REQ_FUA)
#define REQ_FUA (1ull << __REQ_FUA)
#endif
#if KERNEL_HAS(__REQ_PREFLUSH)
#define REQ_PREFLUSH (1ull << __REQ_PREFLUSH)
#endif
#if KERNEL_HAS(__REQ_RAHEAD)
#define REQ_RAHEAD (1ull << __REQ_RAHEAD)
#endif
#if KERNEL_HAS(__REQ_BACKGROUND)
#define REQ_BACKGROUND (1ull << __REQ_BACKGROUND)
#endif
#if KERNEL_HAS(__REQ_NOWAIT)
#define REQ_NOWAIT (1ull << __REQ_NOWAIT)
#endif
#if KERNEL_HAS(__REQ_POLLED)
#define REQ_POLLED (1ull << __REQ_POLLED)
#endif
#if KERNEL_HAS(__REQ_HIPRI)
#define REQ_HIPRI (1ull << __REQ_HIPRI)
#endif
#if KERNEL_HAS(__REQ_ALLOC_CACHE)
#define REQ_ALLOC_CACHE (1ull << __REQ_ALLOC_CACHE)
#endif
#if KERNEL_HAS(__REQ_SWAP)
#define REQ_SWAP (1ull << __REQ_SWAP)
#endif
#if KERNEL_HAS(__REQ_DRV)
#define REQ_DRV (1ull << __REQ_DRV)
#endif
#if KERNEL_HAS(__REQ_FS_PRIVATE)
#define REQ_FS_PRIVATE (1ull << __REQ_FS_PRIVATE)
#endif
#if KERNEL_HAS(__REQ_ATOMIC)
#define REQ_ATOMIC (1ull << __REQ_ATOMIC)
#endif
#if KERNEL_HAS(__REQ_NOUNMAP)
#define REQ_NOUNMAP (1ull << __REQ_NOUNMAP)
#endif
#if KERNEL_HAS(__REQ_CGROUP_PUNT)
#define REQ_CGROUP_PUNT (1ull << __REQ_CGROUP_PUNT)
#endif
#if KERNEL_HAS(__REQ_P2PDMA)
#define REQ_P2PDMA (1ull << __REQ_P2PDMA)
#endif
#define REQ_FAILFAST_MASK (REQ_FAILFAST_DEV | REQ_FAILFAST_TRANSPORT | REQ_FAILFAST_DRIVER)
#define REQ_NOMERGE_FLAGS (REQ_NOMERGE | REQ_PREFLUSH | REQ_FUA)
#define REQ_COMMON_MASK (REQ_FAILFAST_MASK | REQ_SYNC | REQ_META | REQ_PRIO | REQ_FUA)
/* KERNEL_FLAG(): host/cc/embed/embed_kernel.lua */
#define RQF_STARTED KERNEL_FLAG(__RQF_STARTED, __RQF_STARTED, 1u << 1)
#define RQF_FLUSH_SEQ KERNEL_FLAG(__RQF_FLUSH_SEQ, __RQF_STARTED, 1u << 4)
#define RQF_MIXED_MERGE KERNEL_FLAG(__RQF_MIXED_MERGE, __RQF_STARTED, 1u << 5)
#define RQF_DONTPREP KERNEL_FLAG(__RQF_DONTPREP, __RQF_STARTED, 1u << 7)
#define RQF_SCHED_TAGS KERNEL_FLAG(__RQF_SCHED_TAGS, __RQF_STARTED, 1u << 8)
#define RQF_USE_SCHED KERNEL_FLAG(__RQF_USE_SCHED, __RQF_STARTED, 1u << 9)
#define RQF_FAILED KERNEL_FLAG(__RQF_FAILED, __RQF_STARTED, 1u << 10)
#define RQF_QUIET KERNEL_FLAG(__RQF_QUIET, __RQF_STARTED, 1u << 11)
#define RQF_IO_STAT KERNEL_FLAG(__RQF_IO_STAT, __RQF_STARTED, 1u << 13)
#define RQF_PM KERNEL_FLAG(__RQF_PM, __RQF_STARTED, 1u << 15)
#define RQF_HASHED KERNEL_FLAG(__RQF_HASHED, __RQF_STARTED, 1u << 16)
#define RQF_STATS KERNEL_FLAG(__RQF_STATS, __RQF_STARTED, 1u << 17)
#define RQF_SPECIAL_PAYLOAD KERNEL_FLAG(__RQF_SPECIAL_PAYLOAD, __RQF_STARTED, 1u << 18)
#define RQF_TIMED_OUT KERNEL_FLAG(__RQF_TIMED_OUT, __RQF_STARTED, 1u << 21)
#define RQF_RESV KERNEL_FLAG(__RQF_RESV, __RQF_STARTED, 1u << 23)
