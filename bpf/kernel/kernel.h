/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Names of modules and symbols, and other sizes. */
#define KSYM_NAME_LEN (LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) ? 128 : 512)
#define MODULE_NAME_LEN (64 - sizeof(unsigned long))
#define PERF_MAX_TRACE_SIZE 8192
#define BINPRM_BUF_SIZE 256
#define MAX_ARG_STRLEN (PAGE_SIZE * 32)
#define USHORT_CMP_GE(a, b) (65535 / 2 >= (unsigned short)((a) - (b)))
#define ULONG_CMP_GE(a, b) (ULONG_MAX / 2 >= (unsigned long)((a) - (b)))
#define get_random_u32() bpf_get_prandom_u32()
#define prandom_u32() bpf_get_prandom_u32()
#define kobject_name(kobject) ((kobject)->name)
#define dev_name(device) ((device)->init_name ? (device)->init_name : (device)->kobj.name)
#define dev_get_drvdata(device) ((device)->driver_data)
#define to_pci_dev(device) container_of(device, struct pci_dev, dev)
#define module_name(module) ((module)->name)
#define PCI_DEVFN(slot, function) ((((slot) & 0x1f) << 3) | ((function) & 0x07))
#define PCI_SLOT(devfn) (((devfn) >> 3) & 0x1f)
#define PCI_FUNC(devfn) ((devfn) & 0x07)
#define user_mode(registers) (!!((registers)->cs & 3))
