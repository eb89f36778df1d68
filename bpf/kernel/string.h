/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* Functions on strings. No program can call them: they are there for what the compiler knows the result of, such as
 * the length of a literal or a literal's copy. */
#define strlen(string) __builtin_strlen(string)
#define strcmp(a, b) __builtin_strcmp(a, b)
#define strncmp(a, b, most) __builtin_strncmp(a, b, most)
#define strcpy(to, from) __builtin_strcpy(to, from)
#define strncpy(to, from, size) __builtin_strncpy(to, from, size)
#define strcat(to, from) __builtin_strcat(to, from)
#define strchr(string, character) __builtin_strchr(string, character)
#define sprintf(to, ...) __builtin_sprintf(to, __VA_ARGS__)
#define snprintf(to, size, ...) __builtin_snprintf(to, size, __VA_ARGS__)
