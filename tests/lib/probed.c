/* SPDX-License-Identifier: MIT */
/*
 * What servers and interpreters pass, without them: the USDT probes of MySQL, PostgreSQL and Python, and the functions of
 * MySQL and MariaDB that queries go through.
 *   probed mysql|postgres COUNT	COUNT queries, each third of which takes 30 ms
 *   probed python COUNT		COUNT calls of "outer", each of which calls "inner" three times; "again" calls itself COUNT times
 *   probed dispatch COUNT		as mysql, by the function; and COUNT commands that are no queries
 * A third argument is the text of all queries, and what "outer" is called; "held": it waits for a line on its standard
 * input first.
 * Built with -DMYSQL or -DMARIADB it has the function and no probes.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PROBE(PROVIDER, NAME, ARGUMENTS)                                                                           \
	"990: nop\n"                                                                                               \
	".pushsection .note.stapsdt,\"\",\"note\"\n"                                                               \
	".balign 4\n"                                                                                              \
	".4byte 992f-991f, 994f-993f, 3\n"                                                                         \
	"991: .asciz \"stapsdt\"\n"                                                                                \
	"992: .balign 4\n"                                                                                         \
	"993: .8byte 990b, _.stapsdt.base, 0\n"                                                                    \
	".asciz \"" PROVIDER "\"\n"                                                                                \
	".asciz \"" NAME "\"\n"                                                                                    \
	".asciz \"" ARGUMENTS "\"\n"                                                                               \
	"994: .balign 4\n"                                                                                         \
	".popsection\n"                                                                                            \
	".ifndef _.stapsdt.base\n"                                                                                 \
	".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n"                                    \
	".weak _.stapsdt.base\n"                                                                                   \
	".hidden _.stapsdt.base\n"                                                                                 \
	"_.stapsdt.base: .space 1\n"                                                                               \
	".size _.stapsdt.base, 1\n"                                                                                \
	".popsection\n"                                                                                            \
	".endif\n"

static const char *given;

static const char *text_of(long i)
{
	static char text[64];

	if (given)
		return given;
	snprintf(text, sizeof(text), "SELECT %ld%s", i, i % 3 ? "" : " slowly");
	return text;
}

static void take_time(long i)
{
	if (i % 3 == 0)
		nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
}

#if defined(MYSQL)
struct data { const char *query; unsigned int length; };
int dispatch(void *thd, const struct data *data, int command)
	__asm__("_Z16dispatch_commandP3THDPK8COM_DATA19enum_server_command");
__attribute__((noinline)) int dispatch(void *thd, const struct data *data, int command)
{
	__asm__ volatile("" : : "r"(thd), "r"(data), "r"(command) : "memory");
	if (command == 3)
		take_time(atol(data->query + 7));
	return 0;
}

static void query(long i, int command)
{
	struct data data = { text_of(i), 0 };

	dispatch(NULL, &data, command);
}
#elif defined(MARIADB)
int dispatch(int command, void *thd, const char *packet, unsigned int length, char blocking)
	__asm__("_Z16dispatch_command19enum_server_commandP3THDPcjb");
__attribute__((noinline)) int dispatch(int command, void *thd, const char *packet, unsigned int length, char blocking)
{
	__asm__ volatile("" : : "r"(thd), "r"(packet), "r"(command), "r"(length), "r"(blocking) : "memory");
	if (command == 3)
		take_time(atol(packet + 7));
	return 0;
}

static void query(long i, int command)
{
	dispatch(command, NULL, text_of(i), 0, 1);
}
#else
static void mysql(long i)
{
	const char *text = text_of(i), *user = "somebody";

	__asm__ volatile(PROBE("mysql", "query__start", "8@%[text] 8@%[id] 8@%[user] 8@%[user] 8@%[user]")
			 : : [text] "r"(text), [id] "r"(17ul), [user] "r"(user) : "memory");
	take_time(i);
	__asm__ volatile(PROBE("mysql", "query__done", "-4@$0") : : : "memory");
}

#if defined(ONE_DATABASE)	/* bcc's USDT wants a probe's name once in a program */
#define postgres mysql
#else
static void postgres(long i)
{
	const char *text = text_of(i);

	__asm__ volatile(PROBE("postgresql", "query__start", "8@%[text]") : : [text] "r"(text) : "memory");
	take_time(i);
	__asm__ volatile(PROBE("postgresql", "query__done", "8@%[text]") : : [text] "r"(text) : "memory");
}
#endif

static void python(const char *name, int depth, int calls)
{
	const char *file = "/lib/module.py";

	__asm__ volatile(PROBE("python", "function__entry", "8@%[file] 8@%[name] -4@%[line]")
			 : : [file] "r"(file), [name] "r"(name), [line] "r"(depth) : "memory");
	for (int i = 0; i < calls; i++)
		python("inner", 1, 0);
	if (depth > 0 && calls == 0 && !strcmp(name, "again"))
		python(name, depth - 1, 0);
	if (!strcmp(name, "inner"))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	__asm__ volatile(PROBE("python", "function__return", "8@%[file] 8@%[name] -4@%[line]")
			 : : [file] "r"(file), [name] "r"(name), [line] "r"(depth) : "memory");
}
#endif

int main(int argc, char **argv)
{
	long count = argc >= 3 ? strtol(argv[2], NULL, 10) : 0;
	bool held = argc >= 4 && !strcmp(argv[3], "held");

	if (held)
		getchar();
	given = argc >= 4 && !held ? argv[3] : NULL;
	for (long i = 1; i <= count; i++) {
#if defined(MYSQL) || defined(MARIADB)
		query(i, 3);	/* COM_QUERY */
		query(i, 14);	/* COM_PING */
#else
		if (!strcmp(argv[1], "mysql"))
			mysql(i);
		else if (!strcmp(argv[1], "postgres"))
			postgres(i);
		else
			python(given ? given : "outer", 0, 3);
#endif
	}
#if !defined(MYSQL) && !defined(MARIADB)
	if (count > 0 && !strcmp(argv[1], "python"))
		python("again", (int)count - 1, 0);
#endif
	return count <= 0;
}
