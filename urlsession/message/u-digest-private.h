/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a body must hash to: SHA-256, SHA-384 or SHA-512; weaker ones prove nothing. */
typedef struct
{
  GChecksumType type;
  char *hex;                  /* owned; lower case, as g_checksum_get_string() returns it */
} UDigest;

/* From an application: "sha256:HEX", "sha-256:BASE64", "sha256-BASE64" (as in HTML), or "sha-256=:BASE64:". NULL with
 * U_ERROR_DIGEST_MISMATCH, since no body can match. */
UDigest *u_digest_parse       (const char *string,
                               GError    **error);
/* From a server, in Repr-Digest or Content-Digest (RFC 9530): the strongest that is known, or NULL. Says nothing
 * where the field is malformed. */
UDigest *u_digest_parse_field (const char *value);
UDigest *u_digest_copy        (const UDigest *self);
void     u_digest_free        (UDigest       *self);
/* "sha256:HEX", which u_digest_parse() reads. */
char    *u_digest_to_string   (const UDigest *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UDigest, u_digest_free)

G_END_DECLS
