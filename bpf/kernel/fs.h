/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Files, inodes, dentries, mounts, device numbers. */
#define READ 0
#define WRITE 1
#define S_IRWXUGO (S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO (S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)
#define S_IRUGO (S_IRUSR | S_IRGRP | S_IROTH)
#define S_IWUGO (S_IWUSR | S_IWGRP | S_IWOTH)
#define S_IXUGO (S_IXUSR | S_IXGRP | S_IXOTH)
#define MINORBITS 20
#define MINORMASK ((1u << MINORBITS) - 1)
#define MAJOR(dev) ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev) ((unsigned int)((dev) & MINORMASK))
#define MKDEV(major, minor) (((major) << MINORBITS) | (minor))
#define new_encode_dev(dev) ((u32)((MINOR(dev) & 0xff) | MAJOR(dev) << 8 | (MINOR(dev) & ~0xffu) << 12))
#define huge_encode_dev(dev) ((u64)new_encode_dev(dev))
#define old_encode_dev(dev) ((u16)(MAJOR(dev) << 8 | MINOR(dev)))
#define imajor(inode) MAJOR((inode)->i_rdev)
#define iminor(inode) MINOR((inode)->i_rdev)
#define file_inode(file) ((file)->f_inode)
#define file_dentry(file) ((file)->f_path.dentry)
#define d_inode(dentry) ((dentry)->d_inode)
#define d_inode_rcu(dentry) ((dentry)->d_inode)
#define d_backing_inode(dentry) ((dentry)->d_inode)
#define d_really_is_negative(dentry) (!(dentry)->d_inode)
#define d_really_is_positive(dentry) ((dentry)->d_inode != (void *)0)
#define d_unhashed(dentry) (!(dentry)->d_hash.pprev)
#define IS_ROOT(dentry) ((dentry) == (dentry)->d_parent)
#define i_size_read(inode) ((inode)->i_size)
#define i_uid_read(inode) ((inode)->i_uid.val)
#define i_gid_read(inode) ((inode)->i_gid.val)
#define inode_unhashed(inode) (!(inode)->i_hash.pprev)
#define real_mount(mnt_pointer) container_of(mnt_pointer, struct mount, mnt)
#define mnt_has_parent(mount_pointer) ((mount_pointer)->mnt_parent != (mount_pointer))
#define SOCKET_I(inode) (&container_of(inode, struct socket_alloc, vfs_inode)->socket)
#define SOCK_INODE(sock_pointer) (&container_of(sock_pointer, struct socket_alloc, socket)->vfs_inode)
#define BDEV_I(inode) container_of(inode, struct bdev_inode, vfs_inode)
#define I_BDEV(inode) (&container_of(inode, struct bdev_inode, vfs_inode)->bdev)
#define EXT4_I(inode) container_of(inode, struct ext4_inode_info, vfs_inode)
#define XFS_I(inode) container_of(inode, struct xfs_inode, i_vnode)
#define NFS_I(inode) container_of(inode, struct nfs_inode, vfs_inode)
#define BTRFS_I(inode) container_of(inode, struct btrfs_inode, vfs_inode)
#define PROC_I(inode) container_of(inode, struct proc_inode, vfs_inode)
/* the short name that a dentry holds itself */
#if KERNEL_HAS(dentry, d_shortname)
#define DNAME_INLINE_LEN sizeof(((struct dentry *)0)->d_shortname)
#else
#define DNAME_INLINE_LEN sizeof(((struct dentry *)0)->d_iname)
#endif
#define hashlen_hash(hash_len) ((u32)(hash_len))
#define hashlen_len(hash_len) ((u32)((u64)(hash_len) >> 32))
#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_LSEEK 0x4
#define FMODE_PREAD 0x8
#define FMODE_PWRITE 0x10
#define FMODE_EXEC 0x20
#define FMODE_NDELAY 0x40
#define FMODE_EXCL 0x80
#define FMODE_32BITHASH 0x200
#define FMODE_64BITHASH 0x400
#define FMODE_NOCMTIME 0x800
#define FMODE_RANDOM 0x1000
#define FMODE_PATH 0x4000
#define FMODE_ATOMIC_POS 0x8000
#define FMODE_WRITER 0x10000
#define FMODE_CAN_READ 0x20000
#define FMODE_CAN_WRITE 0x40000
#define FMODE_OPENED 0x80000
#define FMODE_CREATED 0x100000
#define FMODE_NONOTIFY 0x4000000
#define FMODE_NOWAIT 0x8000000
#define MAY_EXEC 0x01
#define MAY_WRITE 0x02
#define MAY_READ 0x04
#define MAY_APPEND 0x08
#define MAY_ACCESS 0x10
#define MAY_OPEN 0x20
#define MAY_CHDIR 0x40
#define MAY_NOT_BLOCK 0x80
#define ATTR_MODE (1 << 0)
#define ATTR_UID (1 << 1)
#define ATTR_GID (1 << 2)
#define ATTR_SIZE (1 << 3)
#define ATTR_ATIME (1 << 4)
#define ATTR_MTIME (1 << 5)
#define ATTR_CTIME (1 << 6)
#define ATTR_ATIME_SET (1 << 7)
#define ATTR_MTIME_SET (1 << 8)
#define ATTR_FORCE (1 << 9)
#define ATTR_KILL_SUID (1 << 11)
#define ATTR_KILL_SGID (1 << 12)
#define ATTR_FILE (1 << 13)
#define ATTR_KILL_PRIV (1 << 14)
#define ATTR_OPEN (1 << 15)
#define ATTR_TIMES_SET (1 << 16)
#define ATTR_TOUCH (1 << 17)
#define SB_RDONLY (1 << 0)
#define SB_NOSUID (1 << 1)
#define SB_NODEV (1 << 2)
#define SB_NOEXEC (1 << 3)
#define SB_SYNCHRONOUS (1 << 4)
#define SB_MANDLOCK (1 << 6)
#define SB_DIRSYNC (1 << 7)
#define SB_NOATIME (1 << 10)
#define SB_NODIRATIME (1 << 11)
#define SB_SILENT (1 << 15)
#define SB_POSIXACL (1 << 16)
#define SB_KERNMOUNT (1 << 22)
#define SB_I_VERSION (1 << 23)
#define SB_LAZYTIME (1 << 25)
#define SB_ACTIVE (1 << 30)
#define MNT_NOSUID 0x01
#define MNT_NODEV 0x02
#define MNT_NOEXEC 0x04
#define MNT_NOATIME 0x08
#define MNT_NODIRATIME 0x10
#define MNT_RELATIME 0x20
#define MNT_READONLY 0x40
#define LOOKUP_FOLLOW 0x0001
#define LOOKUP_DIRECTORY 0x0002
#define LOOKUP_AUTOMOUNT 0x0004
#define LOOKUP_PARENT 0x0010
#define LOOKUP_REVAL 0x0020
#define LOOKUP_RCU 0x0040
#define LOOKUP_OPEN 0x0100
#define LOOKUP_CREATE 0x0200
#define LOOKUP_EXCL 0x0400
#define LOOKUP_RENAME_TARGET 0x0800
#define I_DIRTY_SYNC (1 << 0)
#define I_DIRTY_DATASYNC (1 << 1)
#define I_DIRTY_PAGES (1 << 2)
#define I_DIRTY_INODE (I_DIRTY_SYNC | I_DIRTY_DATASYNC)
#define I_DIRTY (I_DIRTY_INODE | I_DIRTY_PAGES)
#define IOCB_HIPRI (1 << 0)
#define IOCB_DSYNC (1 << 1)
#define IOCB_SYNC (1 << 2)
#define IOCB_NOWAIT (1 << 3)
#define IOCB_APPEND (1 << 4)
#define IOCB_EVENTFD (1 << 16)
#define IOCB_DIRECT (1 << 17)
#define IOCB_WRITE (1 << 18)
#define IOCB_WAITQ (1 << 19)
#define IOCB_NOIO (1 << 20)
#define iov_iter_count(iter) ((iter)->count)
#define iov_iter_rw(iter) ((iter)->data_source ? 1 : 0)
#define NR_OPEN_DEFAULT 64
#define DCACHE_ENTRY_TYPE 0x00700000
#define EMBEDDED_NAME_MAX (PATH_MAX - __builtin_offsetof(struct filename, iname))
