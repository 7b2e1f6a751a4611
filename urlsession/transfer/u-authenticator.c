/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/transfer/u-authenticator-private.h"

/* Spaces that one session remembers; the oldest goes first, and is asked for again. */
#define MAX_GRANTS 256

struct _UAuthenticator
{
  gatomicrefcount ref_count;
  UCredentialStore *store;    /* owned, nullable */
  GPtrArray *grants;          /* owned; of UAuthGrant, the newest last, one for each space */
};

UAuthenticator *
u_authenticator_new (UCredentialStore *store)
{
  UAuthenticator *self = g_new0 (UAuthenticator, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->store = store != NULL ? u_credential_store_ref (store) : NULL;
  self->grants = g_ptr_array_new_with_free_func ((GDestroyNotify) u_auth_grant_unref);

  return self;
}

UAuthenticator *
u_authenticator_ref (UAuthenticator *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
u_authenticator_unref (UAuthenticator *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->store, u_credential_store_unref);
  g_ptr_array_unref (self->grants);
  g_free (self);
}

/* The store has the last word: what was removed there is not sent any more, and what was changed there is sent as it is
 * now. Consumes nothing; returns a new reference, or NULL. */
static UAuthGrant *
check (UAuthenticator *self, UAuthGrant *grant)
{
  g_autoptr (UCredentialData) credential = NULL;

  if (self->store == NULL)
    return u_auth_grant_ref (grant);

  credential = u_credential_store_peek (self->store, u_auth_grant_get_space (grant));
  if (credential == NULL)
    {
      g_ptr_array_remove (self->grants, grant);
      return NULL;
    }
  if (!u_credential_data_equal (credential, u_auth_grant_get_credential (grant)))
    u_auth_grant_set_credential (grant, credential);

  return u_auth_grant_ref (grant);
}

UAuthGrant *
u_authenticator_find (UAuthenticator *self, GUri *uri)
{
  UAuthGrant *best = NULL;
  gsize best_match = 0;

  for (guint i = 0; i < self->grants->len; i++)
    {
      gsize match = u_auth_grant_match (self->grants->pdata[i], uri);

      /* Among equals the one that was learned last. */
      if (match > 0 && match >= best_match)
        {
          best = self->grants->pdata[i];
          best_match = match;
        }
    }

  return best != NULL ? check (self, best) : NULL;
}

static UAuthGrant *
get_grant (UAuthenticator *self, UProtectionSpaceData *space)
{
  for (guint i = 0; i < self->grants->len; i++)
    {
      if (u_protection_space_data_equal (u_auth_grant_get_space (self->grants->pdata[i]), space))
        return self->grants->pdata[i];
    }

  return NULL;
}

UAuthGrant *
u_authenticator_find_space (UAuthenticator *self, UProtectionSpaceData *space)
{
  UAuthGrant *grant = get_grant (self, space);

  return grant != NULL ? check (self, grant) : NULL;
}

void
u_authenticator_accept (UAuthenticator *self, UAuthGrant *grant, GUri *uri)
{
  UCredentialData *credential = u_auth_grant_get_credential (grant);
  UAuthGrant *old;

  u_auth_grant_add_uri (grant, uri);
  if (credential->persistence == U_CREDENTIAL_PERSISTENCE_NONE)
    return;

  if (self->store != NULL)
    u_credential_store_set (self->store, u_auth_grant_get_space (grant), credential);

  old = get_grant (self, u_auth_grant_get_space (grant));
  if (old == grant)
    return;
  if (old != NULL)
    {
      u_auth_grant_add_places (grant, old);
      g_ptr_array_remove (self->grants, old);
    }
  if (self->grants->len == MAX_GRANTS)
    g_ptr_array_remove_index (self->grants, 0);
  g_ptr_array_add (self->grants, u_auth_grant_ref (grant));
}

void
u_authenticator_forget (UAuthenticator *self, UAuthGrant *grant)
{
  g_ptr_array_remove (self->grants, grant);
}
