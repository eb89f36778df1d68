/* SPDX-License-Identifier: MIT
 *
 * What an object that is for any kernel leaves open besides what BTF tells: luatrace-cc writes it as CO-RE relocations
 * of these local types, and luatrace fills it in when the object is loaded (host/relocate).
 */
#ifndef LT_KERNEL_PORTABLE_H
#define LT_KERNEL_PORTABLE_H

/* Enumerators of this are facts of the machine that it is loaded on. */
#define LT_FACT_ENUM "__lt_facts"
#define LT_FACT_VERSION "__lt_version"	/* LINUX_VERSION_CODE */
#define LT_FACT_HZ "__lt_hz"
#define LT_FACT_CPUS "__lt_possible_cpus"
/* Enumerators of this are names of its kernel's configuration: CONFIG_NAME is 1 for y, and the value of a number;
 * CONFIG_NAME_MODULE 1 for m; else 0. */
#define LT_CONFIG_ENUM "__lt_config"
/* Enums whose name begins so have none in the kernel: an enumerator is looked for in all. */
#define LT_NAMELESS_ENUM "__lt_enum_"
/* struct tracepoint__CATEGORY__EVENT: as tracefs describes that event. A __data_loc field NAME is data_loc_NAME. */
#define LT_TRACEPOINT_STRUCT "tracepoint__"
#define LT_TRACEPOINT_DATA "data_loc_"
#define LT_TRACEPOINT_RELATIVE "rel_loc_"

/* The section that says so, of text: a line "CHECK\tWHAT\tVALUE\tLINE" for each number that the compiler has used as it
 * is where the object was made, and that must be the same where it is loaded. */
#define LT_PORTABLE_SECTION ".lt.portable"
#endif
