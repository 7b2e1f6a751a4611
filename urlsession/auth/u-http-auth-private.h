/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-enums.h"
#include "urlsession/message/u-header-list-private.h"

G_BEGIN_DECLS

/* One challenge of a WWW-Authenticate or Proxy-Authenticate field (RFC 9110 section 11), or the parameters of an
 * Authentication-Info field. Values are as on the wire, but for the quotes and the escapes in them: bytes, which need
 * not be UTF-8. */
typedef struct
{
  char *scheme;               /* owned; lower case; "" for Authentication-Info */
  char *token68;              /* owned, nullable */
  GPtrArray *params;          /* owned; of char *: a name in lower case, its value, the next name, ... */
} UHttpChallenge;

/* (element-type UHttpChallenge): all challenges of all fields called @field, in their order. What is malformed is left
 * out; there is always an array. @headers: nullable */
GPtrArray      *u_http_auth_parse_fields (UHeaderList *headers,
                                          const char  *field);
/* (nullable): the parameters of an Authentication-Info field */
UHttpChallenge *u_http_auth_parse_info   (const char  *value);
/* Sorts strongest first: Negotiate, NTLM, Digest by its hash, Basic, what is not known. */
void            u_http_auth_sort         (GPtrArray   *challenges);

void            u_http_challenge_free       (UHttpChallenge *self);
/* DEFAULT: a scheme that is not known here. */
UAuthenticationMethod
                u_http_challenge_get_method (UHttpChallenge *self);
/* The value of a parameter, the first if there are several; NULL: none. @name: in lower case */
const char     *u_http_challenge_get        (UHttpChallenge *self,
                                             const char     *name);
/* The realm to be shown and compared, in UTF-8: "" when the challenge has none. */
char           *u_http_challenge_dup_realm  (UHttpChallenge *self);

/* The value of an Authorization field of RFC 7617, in UTF-8. @user, @password: nullable */
char           *u_http_auth_dup_basic       (const char     *user,
                                             const char     *password);

/* What a hash or an encoding is made of: Unicode in its composed form (RFC 7613); to be freed with u_secret_free(). */
char           *u_secret_dup_normal         (const char     *string);
void            u_secret_free               (char           *secret);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UHttpChallenge, u_http_challenge_free)

G_END_DECLS
