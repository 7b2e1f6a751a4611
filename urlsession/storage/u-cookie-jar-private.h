/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-enums.h"
#include "urlsession/message/u-header-list-private.h"
#include "urlsession/storage/u-cookie-data-private.h"

G_BEGIN_DECLS

/* The cookies of a storage: which are kept and which are sent (RFC 6265). Plain C, for any thread; a UCookieStorage is
 * a view of one. A change that is made before the file was read counts more than what is in the file. */
typedef struct _UCookieJar UCookieJar;

/* The most that is kept, as in browsers; RFC 6265 section 6.1 wants 50 for a domain and 3000 in all. What was not used
 * for the longest time goes first. */
#define U_COOKIE_JAR_MAX_PER_SITE 180
#define U_COOKIE_JAR_MAX 3000

UCookieJar *u_cookie_jar_new_memory      (void);
/* Shared by all who open that path in this process. */
UCookieJar *u_cookie_jar_open            (const char          *path);
UCookieJar *u_cookie_jar_ref             (UCookieJar          *self);
void        u_cookie_jar_unref           (UCookieJar          *self);

/* The value of the field Cookie for a request to @uri, NULL if there is none. @main_document NULL: @uri itself. To be
 * asked for each request, when it is sent. */
char       *u_cookie_jar_dup_header      (UCookieJar          *self,
                                          GUri                *uri,
                                          GUri                *main_document,
                                          const char          *method);
/* Stores what the Set-Cookie fields of a response from @uri say, as far as @policy allows. */
void        u_cookie_jar_take_response   (UCookieJar          *self,
                                          GUri                *uri,
                                          GUri                *main_document,
                                          UHeaderList         *headers,
                                          UCookieAcceptPolicy  policy);

/* One that has expired removes the one that it would replace. */
void        u_cookie_jar_set             (UCookieJar          *self,
                                          UCookieData         *cookie);
void        u_cookie_jar_remove          (UCookieJar          *self,
                                          UCookieData         *cookie);
/* What was created at @time (µs since 1970) or later. */
void        u_cookie_jar_remove_since    (UCookieJar          *self,
                                          gint64               time);
void        u_cookie_jar_remove_all      (UCookieJar          *self);
/* The UCookieDatas that have not expired, in the order in which they would be sent; @uri NULL: for all hosts. */
GPtrArray  *u_cookie_jar_dup_cookies     (UCookieJar          *self,
                                          GUri                *uri);

gboolean    u_cookie_jar_is_ready        (UCookieJar          *self);
/* @func in @context, never from inside the call. */
void        u_cookie_jar_when_ready      (UCookieJar          *self,
                                          GMainContext        *context,
                                          void               (*func) (gpointer),
                                          gpointer             data);
/* When the file was read and all changes are in it. */
void        u_cookie_jar_flush           (UCookieJar          *self,
                                          GMainContext        *context,
                                          void               (*func) (gpointer),
                                          gpointer             data);

/* Calls @func in @context once for each change, and once if there was something in the file. @destroy is called in any
 * thread, after the listener was removed and no call is under way. */
guint       u_cookie_jar_add_listener    (UCookieJar          *self,
                                          GMainContext        *context,
                                          void               (*func) (gpointer),
                                          gpointer             data,
                                          GDestroyNotify       destroy);
void        u_cookie_jar_remove_listener (UCookieJar          *self,
                                          guint                id);

/* For tests: another clock than g_get_real_time(). */
void        u_cookie_jar_set_clock       (UCookieJar          *self,
                                          gint64             (*clock) (void));

/* The field Cookie of a request to which the application set one as well: @stored counts more for the same name. Both
 * may be NULL. */
char       *u_cookie_merge_headers       (const char          *stored,
                                          const char          *own);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UCookieJar, u_cookie_jar_unref)

G_END_DECLS
