/* SPDX-License-Identifier: MIT OR GPL-2.0
 *
 * Block I/O: each request of a disk, from when a task made it to its completion. A tool that includes this defines
 * io_done(), which is called with each request that a wanted task made (<luatrace/filter.h>) when it is complete.
 *
 * Requests are known by their address, and until they are inserted or issued, by that of their first bio: a request is
 * often issued by another task (a kernel thread, one whose I/O ended) than the one that wanted it.
 */
#ifndef __LT_BLOCK_H
#define __LT_BLOCK_H

#include <luatrace/filter.h>

enum {	/* of lt_io.flags; the kernel's own numbers are of one release */
	LT_IO_WRITE = 1, LT_IO_FLUSH = 2, LT_IO_DISCARD = 3, LT_IO_ZEROES = 4, LT_IO_OTHER = 5, LT_IO_OP = 7,
	LT_IO_SYNC = 8, LT_IO_READAHEAD = 16, LT_IO_META = 32, LT_IO_PRIO = 64, LT_IO_FUA = 128, LT_IO_PREFLUSH = 256,
	LT_IO_BACKGROUND = 512,
};

struct lt_io_owner {
	u64 ts;				/* when the request was made */
	u32 pid;
	bool wanted;
	char comm[TASK_COMM_LEN];
};

struct lt_io {
	struct lt_io_owner owner;
	u64 issued, done, sector;	/* ns, ns, in units of 512 bytes */
	u32 bytes, flags;
	char disk[DISK_NAME_LEN];
};

const volatile u32 lt_block_major, lt_block_minor;	/* 0: any disk */
/* by bio: of merged requests nothing else ends it */
BPF_TABLE("lru_hash", u64, struct lt_io_owner, lt_io_owners, 16384);
BPF_HASH(lt_ios, u64, struct lt_io, 16384);				/* by request */
BPF_ARRAY(lt_io_lost, u64, 1);

static __always_inline int io_done(struct lt_io *io);

static __always_inline void lt_io_own(struct lt_io_owner *owner)
{
	owner->ts = bpf_ktime_get_ns();
	owner->pid = bpf_get_current_pid_tgid() >> 32;
	owner->wanted = wanted();
	bpf_get_current_comm(owner->comm, sizeof(owner->comm));
}

static __always_inline int lt_io_bio(u64 bio)
{
	struct lt_io_owner owner = {};

	lt_io_own(&owner);
	lt_io_owners.update(&bio, &owner);
	return 0;
}

static __always_inline u32 lt_io_flags(u64 raw)
{
	u32 op = raw & 0xff, flags;

	flags = op == REQ_OP_READ ? 0 : op == REQ_OP_WRITE || op == REQ_OP_ZONE_APPEND ? LT_IO_WRITE
		: op == REQ_OP_FLUSH ? LT_IO_FLUSH : op == REQ_OP_DISCARD || op == REQ_OP_SECURE_ERASE ? LT_IO_DISCARD
		: op == REQ_OP_WRITE_ZEROES ? LT_IO_ZEROES : LT_IO_OTHER;
#define LT_IO_FLAG(NAME, BIT) flags |= raw >> BIT & 1 ? NAME : 0
	LT_IO_FLAG(LT_IO_SYNC, __REQ_SYNC);
	LT_IO_FLAG(LT_IO_READAHEAD, __REQ_RAHEAD);
	LT_IO_FLAG(LT_IO_META, __REQ_META);
	LT_IO_FLAG(LT_IO_PRIO, __REQ_PRIO);
	LT_IO_FLAG(LT_IO_FUA, __REQ_FUA);
	LT_IO_FLAG(LT_IO_PREFLUSH, __REQ_PREFLUSH);
	LT_IO_FLAG(LT_IO_BACKGROUND, __REQ_BACKGROUND);
#undef LT_IO_FLAG
	return flags;
}

/* A bio that is put in front of those that a request has becomes its first. */
RAW_TRACEPOINT_PROBE(block_getrq) { return lt_io_bio(ctx->args[0]); }
RAW_TRACEPOINT_PROBE(block_bio_frontmerge) { return lt_io_bio(ctx->args[0]); }

static __always_inline int lt_io_begin(struct request *rq, bool issue)
{
	u64 key = (u64)rq, bio = (u64)rq->bio;
	struct gendisk *disk = rq->q->disk;
	struct lt_io fresh = {}, *io;
	int zero = 0;
	struct lt_io_owner *owner = bio ? lt_io_owners.lookup(&bio) : NULL;

	if (lt_block_major && (!disk || disk->major != lt_block_major || disk->first_minor != lt_block_minor))
		return 0;
	io = lt_ios.lookup(&key);
	/* A request whose end was not seen: its memory is another one's now. */
	if (io && io->issued && owner) {
		lt_ios.delete(&key);
		io = NULL;
	}
	if (!io) {
		if (owner) {
			fresh.owner = *owner;
			lt_io_owners.delete(&bio);
		} else {
			lt_io_own(&fresh.owner);
		}
		if (!fresh.owner.wanted)
			return 0;
		lt_ios.update(&key, &fresh);
		io = lt_ios.lookup(&key);
		if (!io) {
			lt_io_lost.atomic_increment(zero);
			return 0;
		}
	}
	if (!issue)
		return 0;
	if (disk)
		bpf_probe_read_kernel_str(io->disk, sizeof(io->disk), disk->disk_name);
	io->sector = rq->__sector;
	io->bytes = rq->__data_len;
	io->flags = lt_io_flags(rq->cmd_flags);
	io->issued = bpf_ktime_get_ns();
	return 0;
}

RAW_TRACEPOINT_PROBE(block_rq_insert) { return lt_io_begin((struct request *)ctx->args[0], false); }
RAW_TRACEPOINT_PROBE(block_rq_issue) { return lt_io_begin((struct request *)ctx->args[0], true); }

/* One that another request takes in is never completed itself. */
RAW_TRACEPOINT_PROBE(block_rq_merge)
{
	u64 key = ctx->args[0];

	lt_ios.delete(&key);
	return 0;
}

/* Drivers complete a request in parts: the last of them ends it. */
RAW_TRACEPOINT_PROBE(block_rq_complete)
{
	struct request *rq = (struct request *)ctx->args[0];
	u64 key = (u64)rq;
	struct lt_io *io = lt_ios.lookup(&key);

	if (!io || (u32)ctx->args[2] < rq->__data_len)
		return 0;
	if (io->issued) {
		io->done = bpf_ktime_get_ns();
		io_done(io);
	}
	lt_ios.delete(&key);
	return 0;
}

#endif
