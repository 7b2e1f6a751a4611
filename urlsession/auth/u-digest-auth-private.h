/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "urlsession/auth/u-http-auth-private.h"

G_BEGIN_DECLS

/* What one server said about Digest (RFC 7616) in one protection space, and how often its nonce was used. Used by one
 * thread. SHA-256 and MD5, and both with -sess; SHA-512-256 is left to servers that offer a second one. */
typedef struct _UDigestAuth UDigestAuth;

/* (nullable): NULL when the challenge is malformed, or wants what is not spoken here. */
UDigestAuth *u_digest_auth_new        (UHttpChallenge *challenge);
void         u_digest_auth_free       (UDigestAuth    *self);
/* Takes a nonce that replaces the one so far: of a challenge that says that it is stale, or of Authentication-Info.
 * FALSE: there is none. */
gboolean     u_digest_auth_renew      (UDigestAuth    *self,
                                       UHttpChallenge *challenge);
gboolean     u_digest_auth_take_info  (UDigestAuth    *self,
                                       const char     *info);
const char  *u_digest_auth_get_nonce  (UDigestAuth    *self);
/* Whether the body of the request is part of the hash (qop=auth-int), because the server wants it so. */
gboolean     u_digest_auth_needs_body (UDigestAuth    *self);
/* The next value of an Authorization field; counts up. @target: the request target, as it is sent. @body: nullable: an
 * empty one. NULL: the user name cannot be sent in a field. */
char        *u_digest_auth_dup_header (UDigestAuth    *self,
                                       const char     *user,
                                       const char     *password,
                                       const char     *method,
                                       const char     *target,
                                       GBytes         *body);
/* For tests with known answers. */
void         u_digest_auth_set_cnonce (UDigestAuth    *self,
                                       const char     *cnonce);
gboolean     u_digest_auth_is_stale   (UHttpChallenge *challenge);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDigestAuth, u_digest_auth_free)

G_END_DECLS
