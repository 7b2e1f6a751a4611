/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How every URL is parsed here. A GUri parsed without G_URI_FLAGS_ENCODED has lost the difference between "/" and
 * "%2F" and cannot be sent as it was written. */
#define U_URI_FLAGS (G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_SCHEME_NORMALIZE)

/* An absolute URL with a scheme, or NULL with U_ERROR_BAD_URL. Bytes outside of ASCII and spaces are percent-encoded
 * instead of refused; http(s) URLs need a host. */
GUri    *u_uri_parse        (const char *string, GError **error);
/* RFC 3986 section 5 with the fragment rule of RFC 9110 section 10.2.2; NULL when @reference is unusable. */
GUri    *u_uri_resolve      (GUri *base, const char *reference);
/* To put on the wire, into a file or a property: without user info. */
char    *u_uri_dup_bare     (GUri *uri);
/* For messages and logs: the password masked, the query kept. The one way to print a URL. */
char    *u_uri_dup_masked   (GUri *uri);
char    *u_uri_string_dup_masked (const char *string);
/* 80, 443, ...; -1 unknown. */
int      u_uri_get_effective_port (GUri *uri);
gboolean u_uri_same_origin  (GUri *a, GUri *b);

G_END_DECLS
