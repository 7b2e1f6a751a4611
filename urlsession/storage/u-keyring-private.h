/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/auth/u-credential-data-private.h"
#include "urlsession/auth/u-protection-space-data-private.h"

G_BEGIN_DECLS

/* Where credentials last: the port of a credential store to the Secret Service, and to what stands for it in a test. Any
 * thread calls; every call returns at once, and its `done` is called exactly once, on any thread, later or from inside
 * the call. What was called first is seen by what was called later. */
typedef struct _UKeyring UKeyring;

/* @credential: borrowed; NULL: there is none, or no keyring. @is_for_any: it was stored for the same space with the method
 * DEFAULT, which stands for any that takes a password */
typedef void (*UKeyringFoundFunc) (UCredentialData *credential, gboolean is_for_any, gpointer user_data);
/* @error: borrowed, nullable; of U_ERROR or of what is below */
typedef void (*UKeyringDoneFunc) (const GError *error, gpointer user_data);

typedef struct
{
  /* May ask the user to unlock the keyring, for a while. */
  void (*lookup) (UKeyring             *self,
                  UProtectionSpaceData *space,
                  UKeyringFoundFunc     done,
                  gpointer              user_data);
  void (*store)  (UKeyring             *self,
                  UProtectionSpaceData *space,
                  UCredentialData      *credential,
                  UKeyringDoneFunc      done,
                  gpointer              user_data);
  /* @user: nullable: whoever it is */
  void (*remove) (UKeyring             *self,
                  UProtectionSpaceData *space,
                  const char           *user,
                  UKeyringDoneFunc      done,
                  gpointer              user_data);
} UKeyringFuncs;

/* At the start of what implements it; lives as long as the process. */
struct _UKeyring
{
  const UKeyringFuncs *funcs;
};

G_END_DECLS
