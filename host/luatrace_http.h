/* SPDX-License-Identifier: MIT
 *
 * The part of the ABI that is an HTTP server for one text, http://ADDRESS/metrics. Included by luatrace.h, whose
 * conventions hold.
 */
#ifndef LUATRACE_HTTP_H
#define LUATRACE_HTTP_H

/* Nothing here waits: lt_wait() returns when there is something for lt_http_serve() to do. At most 16 connections are
 * served at a time, others wait for one of them to end. A request is to be there within 5 s, or, when others wait,
 * within half a second; an answer that is not taken for 5 s, or not whole after 30 s, is dropped. An answer has nothing
 * of what was asked. */
typedef struct lt_http lt_http;

/* Listens at `address`: "IP:PORT", "[IPV6]:PORT", ":PORT" or "PORT", which are the loopback address. Port 0 is one that
 * is free. -EINVAL: it is none of these; else as of bind(2). */
LT_API int lt_http_open(const char *address, lt_http **out, lt_error *err);
/* Ends its connections too, whatever they wait for. */
LT_API void lt_http_close(lt_http *http);
/* Where it listens, with the port's number. */
LT_API const char *lt_http_address(const lt_http *http);
/* Takes what came and sends on what is under way. 1: somebody waits for the text, to be given by lt_http_answer(); else
 * 0. */
LT_API int lt_http_serve(lt_http *http);
/* Answers all who wait for it; `text` is copied. -ENOMEM: they are dropped. */
LT_API int lt_http_answer(lt_http *http, const void *text, uint64_t size);
/* Milliseconds until a connection is to be dropped, which lt_http_serve() does; -1: there is none. */
LT_API int32_t lt_http_wait_ms(const lt_http *http);

#endif
