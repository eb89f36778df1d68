/* SPDX-License-Identifier: MIT
 *
 * The options of `luatrace cc`.
 */
#include "cc.h"
#include "../symbols/similar.h"
#include <stdlib.h>
#include <string.h>

enum {
	OPTION_EMIT = CLI_LONG, OPTION_LOAD, OPTION_TYPE, OPTION_BTF, OPTION_KERNEL, OPTION_CONFIG, OPTION_HELP,
	OPTION_PORTABLE, OPTION_OUTPUT, OPTION_VERBOSE,
};

static const char short_options[] = ":o:D:U:I:W:wvh";
static const struct option long_options[] = {
	{ "output", required_argument, NULL, OPTION_OUTPUT },
	{ "emit", required_argument, NULL, OPTION_EMIT },
	{ "load", no_argument, NULL, OPTION_LOAD },
	{ "portable", no_argument, NULL, OPTION_PORTABLE },
	{ "type", required_argument, NULL, OPTION_TYPE },
	{ "btf", required_argument, NULL, OPTION_BTF },
	{ "kernel", required_argument, NULL, OPTION_KERNEL },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char *const emit_names[] = {
	[LT_EMIT_OBJECT] = "obj", [LT_EMIT_SLICE] = "slice", [LT_EMIT_SOURCE] = "source",
	[LT_EMIT_IR] = "ir", [LT_EMIT_ASM] = "asm", [LT_EMIT_LISTING] = "listing",
};
static const char *const kind_names[] = {
	"kprobe", "kretprobe", "uprobe", "uretprobe", "usdt", "tracepoint", "raw_tracepoint", "tp_btf", "fentry",
	"fexit", "fmod_ret", "lsm", "iter", "perf_event", "socket", "xdp", "tc", "cgroup_skb",
	"sock_ops", "sk_msg", "sk_skb", "cgroup_sock", "cgroup_sock_addr", "cgroup_sockopt", "cgroup_device",
	"lwt_in", "lwt_out", "lwt_xmit",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char help[] =
	"usage: luatrace cc FILE.c [option...]\n"
	"       luatrace cc OBJECT.o --load [--type FN=KIND]...\n"
	"\nCompiles BPF C text (FILE - is standard input) as a script's text is compiled.\n"
	"Without -o, --emit and --load it only checks the text. An object that it wrote\n"
	"is loaded without being compiled again.\n\n"
	"  -o, --output OUT     write the result to OUT\n"
	"      --emit=STAGE     what to write, to standard output without -o:\n"
	"                       slice: the kernel types the text needs; source: the\n"
	"                       preprocessed text; ir: LLVM IR; asm: BPF assembly;\n"
	"                       listing: the same below the lines of the text; obj: the\n"
	"                       BPF object, the default with -o\n"
	"      --load           load each program and print a line for it: NAME KIND\n"
	"                       loaded, or NAME KIND refused: why (with -v the verifier's\n"
	"                       log on standard error)\n"
	"      --portable       an object for any kernel, as bundles have them: layouts,\n"
	"                       version and configuration are those of the kernel that it\n"
	"                       is loaded in\n"
	"      --type FN=KIND   the kind of program FN where its name and context do not\n"
	"                       say it; KIND:TARGET names the function of a kind that\n"
	"                       needs one to load (fentry, fexit, fmod_ret, lsm, tp_btf,\n"
	"                       iter). KIND is one of\n"
	"                       kprobe kretprobe uprobe uretprobe usdt tracepoint\n"
	"                       raw_tracepoint tp_btf fentry fexit fmod_ret lsm iter\n"
	"                       perf_event socket xdp tc cgroup_skb sock_ops sk_msg\n"
	"                       sk_skb cgroup_sock cgroup_sock_addr cgroup_sockopt\n"
	"                       cgroup_device lwt_in lwt_out lwt_xmit\n"
	"  -D NAME[=VALUE], -U NAME, -I FOLDER, -W WARNING, -w\n"
	"                       as any C compiler takes them\n"
	"      --btf FILE       kernel types from FILE instead of the running kernel's;\n"
	"                       again for those of each of its modules (NAME.btf)\n"
	"      --kernel RELEASE what LINUX_VERSION_CODE and CONFIG_ names are of, with\n"
	"                       --btf: 6.1.0-45-amd64\n"
	"      --config FILE    its configuration, where it is not /boot/config-RELEASE\n"
	"  -v, --verbose        full logs\n"
	"  -h, --help           print this\n"
	"\nExit status: 0 when everything asked for worked, 1 when not, 2 for a wrong\n"
	"command line.\n";

/* Index of `word`, or -1 after a message with all the names and the nearest one. */
static int choose(const char *what, const char *word, const char *const *names, size_t count)
{
	lt_similar similar;
	char known[512] = "";
	size_t length = 0;

	lt_similar_start(&similar, word);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, names[i]) == 0)
			return (int)i;
		lt_similar_offer(&similar, names[i], strlen(names[i]));
		length += (size_t)snprintf(known + length, sizeof(known) - length, " %s", names[i]);
	}
	if (similar.count)
		cli_error("unknown %s '%s'; did you mean '%s'? Known:%s", what, word, similar.best[0].name, known);
	else
		cli_error("unknown %s '%s'; known:%s", what, word, known);
	return -1;
}

/* "-D" "NAME" and "-DNAME" are both "-DNAME" to the compiler. */
static int add_cflag(struct cc_options *options, int letter, const char *value)
{
	if (asprintf(&options->cflags[options->cflag_count], "-%c%s", letter, value) < 0)
		return CLI_FAILED;
	options->cflag_count++;
	return CLI_OK;
}

static int add_type(struct cc_options *options, const char *word)
{
	struct cc_type *type = &options->types[options->type_count];
	const char *equal = strchr(word, '=');
	char *colon;

	if (!equal || equal == word || !equal[1]) {
		cli_error("--type '%s': not FUNCTION=KIND (luatrace cc --help)", word);
		return CLI_USAGE;
	}
	options->type_words[options->type_count++] = strdup(word);
	type->function = strndup(word, (size_t)(equal - word));
	type->kind = strdup(equal + 1);
	if (!type->function || !type->kind || !options->type_words[options->type_count - 1])
		return CLI_FAILED;
	colon = strchr(type->kind, ':');
	if (colon) {
		*colon = '\0';
		type->target = colon + 1;
		*strchr(options->type_words[options->type_count - 1], ':') = '\0';
	}
	return choose("kind of program", type->kind, kind_names, COUNT(kind_names)) < 0 ? CLI_USAGE : CLI_OK;
}

static int take(struct cc_options *options, int option)
{
	switch (option) {
	case 'o':
	case OPTION_OUTPUT:
		options->output = optarg;
		return CLI_OK;
	case 'D':
	case 'U':
	case 'I':
	case 'W':
		return add_cflag(options, option, optarg);
	case 'w':
		return add_cflag(options, option, "");
	case OPTION_EMIT:
		options->emit = choose("stage", optarg, emit_names, COUNT(emit_names));
		return options->emit < 0 ? CLI_USAGE : CLI_OK;
	case OPTION_LOAD:
		options->load = true;
		return CLI_OK;
	case OPTION_PORTABLE:
		options->portable = true;
		return CLI_OK;
	case OPTION_TYPE:
		return add_type(options, optarg);
	case OPTION_BTF:
		if (options->btf)
			options->module_btf[options->module_btf_count++] = optarg;
		else
			options->btf = optarg;
		return CLI_OK;
	case OPTION_KERNEL:
		options->kernel = optarg;
		return CLI_OK;
	case OPTION_CONFIG:
		options->config = optarg;
		return CLI_OK;
	default:
		lt_set_verbosity(lt_verbosity() + 1);
		return CLI_OK;
	}
}

int cc_options_parse(struct cc_options *options, int argc, char **argv)
{
	int option, status = CLI_OK;

	*options = (struct cc_options){ .emit = -1 };
	options->cflags = calloc((size_t)argc, sizeof(*options->cflags));
	options->types = calloc((size_t)argc, sizeof(*options->types));
	options->module_btf = calloc((size_t)argc, sizeof(*options->module_btf));
	options->type_words = calloc((size_t)argc, sizeof(*options->type_words));
	if (!options->cflags || !options->types || !options->type_words || !options->module_btf)
		return CLI_FAILED + 1;
	optind = 0;	/* glibc: start anew, on another argv */
	while (!status && (option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (option == 'h' || option == OPTION_HELP) {
			fputs(help, stdout);
			return CLI_OK + 1;
		}
		if (option == '?' || option == ':')
			status = cli_bad_option(argv, option, short_options, long_options, "luatrace cc --help");
		else
			status = take(options, option);
	}
	if (!status && optind != argc - 1) {
		cli_error(optind == argc ? "cc: which file? (luatrace cc --help)" :
					   "cc: one file at a time (luatrace cc --help)");
		status = CLI_USAGE;
	}
	if (status)
		return status + 1;
	options->path = argv[optind];
	if (options->output && options->emit < 0)
		options->emit = LT_EMIT_OBJECT;
	return 0;
}

void cc_options_free(struct cc_options *options)
{
	for (uint32_t i = 0; i < options->cflag_count; i++)
		free(options->cflags[i]);
	for (uint32_t i = 0; i < options->type_count; i++) {
		free(options->types[i].function);
		free(options->types[i].kind);
		free(options->type_words[i]);
	}
	free(options->cflags);
	free(options->types);
	free(options->type_words);
	free(options->module_btf);
}
