/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-memory-private.h"

struct _UHttpMemory
{
  guint ref_count;
  GHashTable *trusted;        /* owned; "origin fingerprint" → errors that are accepted */
  GHashTable *credentials;    /* owned; space → UCredentialData; NULL: without */
  GHashTable *facts;          /* owned; set */
};

static void
credential_unref (gpointer data)
{
  if (data != NULL)
    u_credential_data_unref (data);
}

UHttpMemory *
u_http_memory_new (void)
{
  UHttpMemory *self = g_new0 (UHttpMemory, 1);

  self->ref_count = 1;
  self->trusted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->credentials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, credential_unref);
  self->facts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

UHttpMemory *
u_http_memory_ref (UHttpMemory *self)
{
  self->ref_count++;

  return self;
}

void
u_http_memory_unref (UHttpMemory *self)
{
  if (--self->ref_count > 0)
    return;

  g_hash_table_unref (self->trusted);
  g_hash_table_unref (self->credentials);
  g_hash_table_unref (self->facts);
  g_free (self);
}

void
u_http_memory_closure_unref (gpointer self, GClosure *closure)
{
  u_http_memory_unref (self);
}

gboolean
u_http_memory_is_blank (UHttpMemory *self)
{
  return g_hash_table_size (self->facts) == 0;
}

static char *
make_key (const char *origin, GTlsCertificate *leaf)
{
  g_autoptr (GByteArray) der = NULL;
  g_autofree char *fingerprint = NULL;

  g_object_get (leaf, "certificate", &der, NULL);
  if (der == NULL)
    return NULL;
  fingerprint = g_compute_checksum_for_data (G_CHECKSUM_SHA256, der->data, der->len);

  return g_strconcat (origin, " ", fingerprint, NULL);
}

gboolean
u_http_memory_trusts (UHttpMemory *self, const char *origin, GTlsCertificate *leaf, GTlsCertificateFlags errors)
{
  g_autofree char *key = NULL;
  gpointer accepted;

  if (g_hash_table_size (self->trusted) == 0)
    return FALSE;
  key = make_key (origin, leaf);

  return key != NULL && g_hash_table_lookup_extended (self->trusted, key, NULL, &accepted)
         && (errors & ~GPOINTER_TO_UINT (accepted)) == 0;
}

void
u_http_memory_trust (UHttpMemory *self, const char *origin, GTlsCertificate *leaf, GTlsCertificateFlags errors)
{
  char *key = make_key (origin, leaf);

  if (key != NULL)
    g_hash_table_replace (self->trusted, key, GUINT_TO_POINTER (errors));
}

gboolean
u_http_memory_recall (UHttpMemory *self, const char *space, UCredentialData **credential)
{
  gpointer value;

  *credential = NULL;
  if (!g_hash_table_lookup_extended (self->credentials, space, NULL, &value))
    return FALSE;
  if (value != NULL)
    *credential = u_credential_data_ref (value);

  return TRUE;
}

void
u_http_memory_learn (UHttpMemory *self, const char *space, UCredentialData *credential)
{
  g_hash_table_replace (self->credentials, g_strdup (space),
                        credential != NULL ? u_credential_data_ref (credential) : NULL);
}

void
u_http_memory_forget (UHttpMemory *self, const char *space)
{
  g_hash_table_remove (self->credentials, space);
}

gboolean
u_http_memory_has_noted (UHttpMemory *self, const char *fact)
{
  return g_hash_table_contains (self->facts, fact);
}

void
u_http_memory_note (UHttpMemory *self, const char *fact)
{
  g_hash_table_add (self->facts, g_strdup (fact));
}

void
u_http_memory_unnote (UHttpMemory *self, const char *fact)
{
  g_hash_table_remove (self->facts, fact);
}
