/* SPDX-License-Identifier: MIT
 *
 * A lexical reading of C text: names, definitions, includes. No preprocessing and no grammar: where it is mistaken,
 * the compiler's message about a missing or doubled name sets it right (see main.c).
 */
#include "names.h"
#include <ctype.h>
#include <string.h>

struct scanner {
	struct names *names;
	const struct scan_events *events;
	const char *at, *end;
	int depth;		/* of braces */
	int enum_depth;		/* depth inside an enum's braces, 0: not in one */
	bool line_start;
	bool in_directive;	/* where a `#` begins no other */
	char previous;		/* last punctuation or 'a' for a word; '>' stands for `->` only */
	bool after_type;	/* the word before, stars apart, may be a type: what comes now may be declared */
	uint32_t tag_flag;	/* the word before was struct, union or enum */
	bool tag_is_enum;
	bool in_typedef;
	const char *parameters;	/* of the macro whose body this is: no names of their own */
	size_t parameters_length;
	bool in_attribute;	/* between `__attribute__` and the end of its list */
	int attribute_depth;	/* of parentheses there */
	const char *last_word;	/* in a typedef at depth 0: the name if `;` comes next */
	size_t last_length;
};

static bool word_start(char c)
{
	return isalpha((unsigned char)c) || c == '_' || c == '$';
}

static bool word_char(char c)
{
	return word_start(c) || isdigit((unsigned char)c);
}

static bool is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && !memcmp(word, text, length);
}

static const char *skip_blank(const char *at, const char *end)
{
	while (at < end) {
		if (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == '\f' || *at == '\v') {
			at++;
		} else if (end - at >= 2 && at[0] == '\\' && at[1] == '\n') {
			at += 2;
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
			for (at += 2; at < end; at++)
				if (end - at >= 2 && at[0] == '*' && at[1] == '/')
					break;
			at = end - at >= 2 ? at + 2 : end;
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
			while (at < end && *at != '\n')
				at++;
		} else {
			break;
		}
	}
	return at;
}

static const char *word_end(const char *at, const char *end)
{
	while (at < end && word_char(*at))
		at++;
	return at;
}

static const char *skip_quoted(const char *at, const char *end)
{
	char quote = *at++;

	for (; at < end && *at != quote && *at != '\n'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : end;
}

/* The end of a directive: the first newline that no backslash escapes. */
static const char *directive_end(const char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		else if (*at == '\n')
			break;
	}
	return at;
}

static void scan_include(struct scanner *s, const char *at, const char *end)
{
	const char *close;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at >= end || (*at != '<' && *at != '"') || !s->events || !s->events->include)
		return;
	close = memchr(at + 1, *at == '<' ? '>' : '"', end - at - 1);
	if (close)
		s->events->include(s->events->context, at + 1, close - at - 1, *at == '"');
}

static void scan_define(struct scanner *s, const char *at, const char *end)
{
	const char *name, *name_end;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	name = at;
	name_end = word_end(at, end);
	if (name == name_end)
		return;
	names_add(s->names, name, name_end - name, NAME_MACRO);
	if (s->events && s->events->macro)
		s->events->macro(s->events->context, name, name_end - name, name_end, end - name_end);
	else
		scan_macro_body(s->names, name_end, end - name_end);
}

static void scan(struct scanner *scanner);

static bool is_condition(const char *word, size_t length)
{
	static const char *const words[] = { "if", "ifdef", "ifndef", "elif", "elifdef", "elifndef" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(word, length, words[i]))
			return true;
	return false;
}

static void scan_directive(struct scanner *s)
{
	const char *end = directive_end(s->at, s->end), *at = s->at + 1, *word;

	s->at = end;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	word = at;
	at = word_end(at, end);
	if (is_condition(word, at - word) && s->events && s->events->condition)
		s->events->condition(s->events->context, at, end - at);
	if (is(word, at - word, "include") || is(word, at - word, "include_next"))
		scan_include(s, at, end);
	else if (is(word, at - word, "define"))
		scan_define(s, at, end);
	else
		scan(&(struct scanner){ .names = s->names, .at = at, .end = end, .in_directive = true });
}

/* TRACEPOINT_PROBE(category, event): also names the struct that the format file becomes. */
static void scan_tracepoint(struct scanner *s, const char *at)
{
	const char *category, *category_end, *event, *event_end;

	at = skip_blank(at, s->end);
	if (at >= s->end || *at != '(')
		return;
	category = skip_blank(at + 1, s->end);
	category_end = word_end(category, s->end);
	at = skip_blank(category_end, s->end);
	if (at >= s->end || *at != ',')
		return;
	event = skip_blank(at + 1, s->end);
	event_end = word_end(event, s->end);
	if (category_end > category && event_end > event && s->events && s->events->tracepoint)
		s->events->tracepoint(s->events->context, category, category_end - category, event,
				      event_end - event);
}

/* BPF_HASH(name, …) and its like at file scope define `name`. */
static void scan_map_name(struct scanner *s, const char *at)
{
	const char *name = skip_blank(at, s->end), *end = word_end(name, s->end);

	if (end > name)
		names_add(s->names, name, end - name, NAME_DEFINED);
}

static bool is_parameter(const struct scanner *s, const char *word, size_t length)
{
	const char *at = s->parameters ? s->parameters : "", *end = at + s->parameters_length;

	while (at < end) {
		const char *stop;

		while (at < end && !word_start(*at))
			at++;
		stop = word_end(at, end);
		if ((size_t)(stop - at) == length && !memcmp(at, word, length))
			return true;
		at = stop;
	}
	return false;
}

static bool is_type_word(const char *word, size_t length)
{
	static const char *const words[] = { "void", "char", "short", "int", "long", "unsigned", "signed", "const",
					     "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(word, length, words[i]))
			return true;
	return length > 2 && word[length - 2] == '_' && word[length - 1] == 't';
}

/* Words that stand before an expression, not before a declared name. */
static bool before_expression(const char *word, size_t length)
{
	static const char *const words[] = { "return", "case", "goto", "else", "do", "sizeof", "typeof", "if", "while" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (is(word, length, words[i]))
			return true;
	return false;
}

/* `TYPE name` before what may follow a declared name. */
static bool is_declared(const struct scanner *s, char following)
{
	return s->after_type && (s->previous == 'a' || s->previous == '*') && following && strchr("=;,[):", following);
}

/* What a word is by the words and signs around it. */
static uint32_t plain_flags(const struct scanner *s, char following)
{
	uint32_t flags = following == '(' ? NAME_PLAIN | NAME_CALLED : NAME_PLAIN;

	if (s->enum_depth && s->depth == s->enum_depth && (s->previous == '{' || s->previous == ','))
		flags |= NAME_DEFINED;
	if (is_declared(s, following))
		flags |= s->depth || following == ')' || following == ',' ? NAME_LOCAL : NAME_DEFINED;
	/* `type name(` at file scope defines or declares a function; `NAME(` alone is a macro's use */
	if (!s->depth && following == '(' && (s->previous == 'a' || s->previous == '*'))
		flags |= NAME_DEFINED;
	return flags;
}

static void scan_word(struct scanner *s)
{
	const char *word = s->at, *end = word_end(word, s->end), *next = skip_blank(end, s->end);
	size_t length = end - word;
	char following = next < s->end ? *next : '\0';
	uint32_t flags;

	s->at = end;
	if (is(word, length, "struct") || is(word, length, "union") || is(word, length, "enum")) {
		s->tag_flag = NAME_TAG;
		s->tag_is_enum = *word == 'e';
		s->previous = 'a';
		if (s->tag_is_enum && following == '{')
			s->enum_depth = s->depth + 1;
		return;
	}
	if (is(word, length, "__attribute__")) {
		s->in_attribute = true;
		s->attribute_depth = 0;
		return;
	}
	/* an attribute's name is C's, not the text's */
	if (s->in_attribute && s->attribute_depth == 2)
		return;
	if (is(word, length, "typedef") && !s->depth)
		s->in_typedef = true;
	if (is(word, length, "TRACEPOINT_PROBE"))
		scan_tracepoint(s, end);
	else if (!s->depth && length > 4 && !memcmp(word, "BPF_", 4) && following == '(')
		scan_map_name(s, next + 1);

	if (s->tag_flag) {
		flags = (s->tag_is_enum ? NAME_ENUM_TAG : NAME_TAG) | (following == '{' ? NAME_TAG_DEFINED : 0);
		if (s->tag_is_enum && following == '{')
			s->enum_depth = s->depth + 1;
	} else if (s->previous == '.' || s->previous == '>') {
		flags = NAME_MEMBER;
	} else {
		flags = plain_flags(s, following);
	}
	if (!is_parameter(s, word, length))
		names_add(s->names, word, length, flags);
	/* `a * b` is no declaration: before a star only what is a type by its looks */
	s->after_type = following == '*' ? s->tag_flag || is_type_word(word, length) : !before_expression(word, length);
	s->tag_flag = 0;
	s->previous = 'a';
	s->last_word = word;
	s->last_length = length;
}

static void scan_punctuation(struct scanner *s)
{
	char c = *s->at;

	if (s->in_attribute) {
		s->attribute_depth += c == '(' ? 1 : c == ')' ? -1 : 0;
		s->in_attribute = s->attribute_depth > 0;
		s->at++;
		return;
	}
	if (c == '{') {
		s->depth++;
	} else if (c == '}') {
		if (s->enum_depth == s->depth)
			s->enum_depth = 0;
		if (s->depth)
			s->depth--;
	} else if (c == ';' && !s->depth && s->in_typedef) {
		if (s->last_word)
			names_add(s->names, s->last_word, s->last_length, NAME_DEFINED);
		s->in_typedef = false;
	}
	s->tag_flag = 0;
	if (c != '*')
		s->after_type = false;
	s->previous = c == '>' && s->previous != '-' ? '\1' : c;
	s->at++;
}

static void scan(struct scanner *scanner)
{
	struct scanner s = *scanner;

	while (s.at < s.end) {
		const char *before = s.at;

		s.at = skip_blank(s.at, s.end);
		if (memchr(before, '\n', s.at - before))
			s.line_start = true;
		if (s.at >= s.end)
			break;
		if (*s.at == '#' && s.line_start && !s.in_directive) {
			scan_directive(&s);
			continue;
		}
		s.line_start = false;
		if (word_start(*s.at)) {
			scan_word(&s);
		} else if (isdigit((unsigned char)*s.at)) {
			s.at = word_end(s.at, s.end);
			s.previous = '0';
		} else if (*s.at == '"' || *s.at == '\'') {
			s.at = skip_quoted(s.at, s.end);
			s.previous = '"';
		} else {
			scan_punctuation(&s);
		}
	}
}

void scan_text(struct names *names, const char *text, size_t size, const struct scan_events *events)
{
	scan(&(struct scanner){
		.names = names, .events = events, .at = text, .end = text + size, .line_start = true,
	});
}

void scan_macro_body(struct names *names, const char *body, size_t size)
{
	const char *close = size && *body == '(' ? memchr(body, ')', size) : NULL;
	struct scanner scanner = { .names = names, .at = body, .end = body + size, .in_directive = true };

	if (close) {
		scanner.parameters = body + 1;
		scanner.parameters_length = close - body - 1;
		scanner.at = close + 1;
	}
	scan(&scanner);
}
