/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-credential-store-private.h"

#include "urlsession/base/u-error.h"

/* The store of credentials, with a keyring that does what the test says. */

/* What was asked of the keyring, and not answered yet. */
typedef struct
{
  char kind;                  /* 'l'ookup, 's'tore, 'r'emove */
  UProtectionSpaceData *space; /* owned */
  UCredentialData *credential; /* owned, nullable */
  char *user;                 /* owned, nullable */
  UKeyringFoundFunc found;
  UKeyringDoneFunc done;
  gpointer user_data;
} Call;

typedef struct
{
  UKeyring base;
  GMutex lock;
  GQueue calls;               /* of Call */
} FakeKeyring;

static void
push (UKeyring *keyring, const Call *call)
{
  FakeKeyring *self = (FakeKeyring *) keyring;

  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->calls, g_memdup2 (call, sizeof *call));
  g_mutex_unlock (&self->lock);
}

static void
fake_lookup (UKeyring *keyring, UProtectionSpaceData *space, UKeyringFoundFunc done, gpointer user_data)
{
  push (keyring, &(Call) { 'l', u_protection_space_data_ref (space), NULL, NULL, done, NULL, user_data });
}

static void
fake_store (UKeyring *keyring, UProtectionSpaceData *space, UCredentialData *credential, UKeyringDoneFunc done,
            gpointer user_data)
{
  push (keyring, &(Call) { 's', u_protection_space_data_ref (space), u_credential_data_ref (credential), NULL, NULL,
                           done, user_data });
}

static void
fake_remove (UKeyring *keyring, UProtectionSpaceData *space, const char *user, UKeyringDoneFunc done,
             gpointer user_data)
{
  push (keyring, &(Call) { 'r', u_protection_space_data_ref (space), NULL, g_strdup (user), NULL, done, user_data });
}

static const UKeyringFuncs fake_funcs = { fake_lookup, fake_store, fake_remove };

/* Takes the oldest call, which must be of this kind. */
static Call *
pop (FakeKeyring *self, char kind)
{
  Call *call = g_queue_pop_head (&self->calls);

  g_assert_nonnull (call);
  g_assert_cmpint (call->kind, ==, kind);

  return call;
}

static void
finish (Call *call, UCredentialData *credential, const GError *error)
{
  if (call->kind == 'l')
    call->found (credential, FALSE, call->user_data);
  else
    call->done (error, call->user_data);
  u_protection_space_data_unref (call->space);
  g_clear_pointer (&call->credential, u_credential_data_unref);
  g_free (call->user);
  g_free (call);
}

typedef struct
{
  FakeKeyring keyring;
  UCredentialStore *store;    /* with the keyring */
  GMainContext *context;
  UProtectionSpaceData *space;
} Fixture;

static UProtectionSpaceData *
make_space (UAuthenticationMethod method, const char *host, const char *realm, gboolean is_proxy)
{
  return u_protection_space_data_new (method, "http", host, 80, realm, is_proxy);
}

static void
fixture_set_up (Fixture *self, gconstpointer data)
{
  self->keyring.base.funcs = &fake_funcs;
  g_mutex_init (&self->keyring.lock);
  g_queue_init (&self->keyring.calls);
  self->store = u_credential_store_new_with_keyring (&self->keyring.base);
  self->context = g_main_context_new ();
  self->space = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, "h", "r", FALSE);
}

static void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_assert_cmpuint (self->keyring.calls.length, ==, 0);
  u_protection_space_data_unref (self->space);
  u_credential_store_unref (self->store);
  g_assert_false (g_main_context_pending (self->context));
  g_main_context_unref (self->context);
  g_mutex_clear (&self->keyring.lock);
}

#define SESSION U_CREDENTIAL_PERSISTENCE_FOR_SESSION
#define PERMANENT U_CREDENTIAL_PERSISTENCE_PERMANENT
#define ONCE U_CREDENTIAL_PERSISTENCE_NONE

static void
set (UCredentialStore *store, UProtectionSpaceData *space, const char *user, const char *password,
     UCredentialPersistence persistence)
{
  g_autoptr (UCredentialData) credential = u_credential_data_new (user, password, persistence);

  u_credential_store_set (store, space, credential);
}

static void
remove_user (UCredentialStore *store, UProtectionSpaceData *space, const char *user,
             UCredentialPersistence persistence)
{
  g_autoptr (UCredentialData) credential = u_credential_data_new (user, "whatever", persistence);

  u_credential_store_remove (store, space, credential);
}

/* @expected: "USER:PASSWORD"; NULL: none */
static void
assert_credential (UCredentialData *credential, const char *expected)
{
  g_autofree char *text = NULL;

  if (credential != NULL)
    text = g_strconcat (credential->user, ":", credential->password, NULL);
  g_assert_cmpstr (text, ==, expected);
}

static void
assert_peek (UCredentialStore *store, UProtectionSpaceData *space, const char *expected)
{
  g_autoptr (UCredentialData) credential = u_credential_store_peek (store, space);

  assert_credential (credential, expected);
}

typedef struct
{
  guint n_calls;
  UCredentialData *credential; /* owned, nullable */
  GMainContext *context;
} Answer;

static void
answer_cb (UCredentialData *credential, gpointer user_data)
{
  Answer *self = user_data;

  self->n_calls++;
  g_assert_true (g_main_context_is_owner (self->context));
  self->credential = credential != NULL ? u_credential_data_ref (credential) : NULL;
}

static void
look_up (Fixture *self, UProtectionSpaceData *space, Answer *answer)
{
  *answer = (Answer) { 0, NULL, self->context };
  u_credential_store_lookup (self->store, space, self->context, answer_cb, answer);
  g_assert_cmpuint (answer->n_calls, ==, 0);
}

static void
wait_for (Fixture *self, Answer *answer, const char *expected)
{
  while (answer->n_calls == 0)
    g_main_context_iteration (self->context, TRUE);
  /* Once, and never again. */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpuint (answer->n_calls, ==, 1);
  assert_credential (answer->credential, expected);
  g_clear_pointer (&answer->credential, u_credential_data_unref);
}

static void
test_memory (Fixture *self, gconstpointer data)
{
  g_autoptr (UProtectionSpaceData) other_realm = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, "h", "", FALSE);
  g_autoptr (UProtectionSpaceData) no_realm = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, "h", NULL, FALSE);
  g_autoptr (UProtectionSpaceData) proxy = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, "h", "r", TRUE);
  g_autoptr (UProtectionSpaceData) same = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, "H", "r", FALSE);
  g_autoptr (GPtrArray) spaces = NULL;
  g_autoptr (GPtrArray) all = NULL;

  assert_peek (self->store, self->space, NULL);
  set (self->store, self->space, "u", "p", SESSION);
  assert_peek (self->store, same, "u:p");
  assert_peek (self->store, other_realm, NULL);
  assert_peek (self->store, no_realm, NULL);
  assert_peek (self->store, proxy, NULL);

  set (self->store, other_realm, "empty", "p", SESSION);
  set (self->store, no_realm, "none", "p", SESSION);
  assert_peek (self->store, other_realm, "empty:p");
  assert_peek (self->store, no_realm, "none:p");

  /* The last one is the default; one of the same user takes the place of the old one. */
  set (self->store, self->space, "v", "q", SESSION);
  assert_peek (self->store, self->space, "v:q");
  set (self->store, self->space, "u", "new", SESSION);
  assert_peek (self->store, self->space, "u:new");
  all = u_credential_store_dup_all (self->store, self->space);
  g_assert_cmpuint (all->len, ==, 2);
  assert_credential (all->pdata[0], "u:new");
  assert_credential (all->pdata[1], "v:q");
  spaces = u_credential_store_dup_spaces (self->store);
  g_assert_cmpuint (spaces->len, ==, 3);

  remove_user (self->store, self->space, "nobody", SESSION);
  remove_user (self->store, self->space, "u", SESSION);
  assert_peek (self->store, self->space, "v:q");
  remove_user (self->store, self->space, "v", SESSION);
  assert_peek (self->store, self->space, NULL);

  u_credential_store_remove_all (self->store);
  assert_peek (self->store, other_realm, NULL);
  g_ptr_array_unref (spaces);
  spaces = u_credential_store_dup_spaces (self->store);
  g_assert_cmpuint (spaces->len, ==, 0);
}

static void
test_persistence (Fixture *self, gconstpointer data)
{
  Call *call;

  set (self->store, self->space, "u", "p", ONCE);
  assert_peek (self->store, self->space, NULL);
  set (self->store, self->space, "u", "p", SESSION);
  g_assert_cmpuint (self->keyring.calls.length, ==, 0);

  set (self->store, self->space, "u", "p", PERMANENT);
  call = pop (&self->keyring, 's');
  g_assert_true (u_protection_space_data_equal (call->space, self->space));
  assert_credential (call->credential, "u:p");
  finish (call, NULL, NULL);
  /* What is there is not written again. */
  set (self->store, self->space, "u", "p", PERMANENT);
  g_assert_cmpuint (self->keyring.calls.length, ==, 0);

  remove_user (self->store, self->space, "u", SESSION);
  call = pop (&self->keyring, 'r');
  g_assert_cmpstr (call->user, ==, "u");
  finish (call, NULL, NULL);
  /* What another process stored. */
  remove_user (self->store, self->space, "v", PERMANENT);
  finish (pop (&self->keyring, 'r'), NULL, NULL);
  remove_user (self->store, self->space, "v", SESSION);

  set (self->store, self->space, "u", "p", PERMANENT);
  finish (pop (&self->keyring, 's'), NULL, NULL);
  set (self->store, self->space, "v", "p", SESSION);
  u_credential_store_remove_all (self->store);
  call = pop (&self->keyring, 'r');
  g_assert_cmpstr (call->user, ==, "u");
  finish (call, NULL, NULL);
}

static void
test_any_method (Fixture *self, gconstpointer data)
{
  g_autoptr (UProtectionSpaceData) any = make_space (U_AUTHENTICATION_METHOD_DEFAULT, "h", "r", FALSE);
  g_autoptr (UProtectionSpaceData) digest = make_space (U_AUTHENTICATION_METHOD_HTTP_DIGEST, "h", "r", FALSE);
  g_autoptr (UProtectionSpaceData) trust = make_space (U_AUTHENTICATION_METHOD_SERVER_TRUST, "h", "r", FALSE);

  set (self->store, any, "any", "p", SESSION);
  set (self->store, self->space, "basic", "p", SESSION);
  assert_peek (self->store, digest, "any:p");
  assert_peek (self->store, self->space, "basic:p");
  assert_peek (self->store, trust, NULL);

  /* What was accepted is not doubled, and is found by either space when it is to go. */
  set (self->store, digest, "any", "p", SESSION);
  {
    g_autoptr (GPtrArray) spaces = u_credential_store_dup_spaces (self->store);

    g_assert_cmpuint (spaces->len, ==, 2);
  }
  remove_user (self->store, digest, "any", SESSION);
  assert_peek (self->store, digest, NULL);
  assert_peek (self->store, any, NULL);
  assert_peek (self->store, self->space, "basic:p");
}

/* The keyring has one that names no method. */
static void
test_any_method_kept (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) kept = u_credential_data_new ("any", "p", PERMANENT);
  g_autoptr (UProtectionSpaceData) any = make_space (U_AUTHENTICATION_METHOD_DEFAULT, "h", "r", FALSE);
  Answer answer;
  Call *call;

  look_up (self, self->space, &answer);
  call = pop (&self->keyring, 'l');
  call->found (kept, TRUE, call->user_data);
  u_protection_space_data_unref (call->space);
  g_free (call);
  wait_for (self, &answer, "any:p");
  assert_peek (self->store, any, "any:p");

  remove_user (self->store, self->space, "any", SESSION);
  call = pop (&self->keyring, 'r');
  g_assert_true (u_protection_space_data_equal (call->space, any));
  finish (call, NULL, NULL);
  assert_peek (self->store, self->space, NULL);
}

static void
test_lookup (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) kept = u_credential_data_new ("kept", "p", PERMANENT);
  Answer answer;

  /* Nowhere. */
  look_up (self, self->space, &answer);
  finish (pop (&self->keyring, 'l'), NULL, NULL);
  g_assert_cmpuint (answer.n_calls, ==, 0);
  wait_for (self, &answer, NULL);

  /* In the keyring, and then in memory. */
  look_up (self, self->space, &answer);
  finish (pop (&self->keyring, 'l'), kept, NULL);
  wait_for (self, &answer, "kept:p");
  assert_peek (self->store, self->space, "kept:p");
  look_up (self, self->space, &answer);
  wait_for (self, &answer, "kept:p");
}

static void
test_lookup_without_keyring (Fixture *self, gconstpointer data)
{
  Answer answer;

  u_credential_store_unref (self->store);
  self->store = u_credential_store_new_memory ();
  look_up (self, self->space, &answer);
  wait_for (self, &answer, NULL);
  set (self->store, self->space, "u", "p", PERMANENT);
  look_up (self, self->space, &answer);
  wait_for (self, &answer, "u:p");
}

static void
test_lookup_hangs (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) kept = u_credential_data_new ("kept", "p", PERMANENT);
  Answer answer;

  u_credential_store_set_patience (self->store, 10);
  look_up (self, self->space, &answer);
  wait_for (self, &answer, NULL);

  /* Late, but there for the next one. */
  finish (pop (&self->keyring, 'l'), kept, NULL);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpuint (answer.n_calls, ==, 1);
  look_up (self, self->space, &answer);
  wait_for (self, &answer, "kept:p");
}

static void
test_lookup_outdated (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialData) old = u_credential_data_new ("u", "old", PERMANENT);
  Answer answer;

  look_up (self, self->space, &answer);
  set (self->store, self->space, "u", "new", SESSION);
  finish (pop (&self->keyring, 'l'), old, NULL);
  wait_for (self, &answer, "u:new");
  remove_user (self->store, self->space, "u", SESSION);

  look_up (self, self->space, &answer);
  remove_user (self->store, self->space, "u", PERMANENT);
  finish (pop (&self->keyring, 'l'), old, NULL);
  finish (pop (&self->keyring, 'r'), NULL, NULL);
  wait_for (self, &answer, NULL);

  look_up (self, self->space, &answer);
  u_credential_store_remove_all (self->store);
  finish (pop (&self->keyring, 'l'), old, NULL);
  wait_for (self, &answer, NULL);
  assert_peek (self->store, self->space, NULL);
}

/* The store is dropped while the keyring thinks. */
static void
test_lookup_outlives (Fixture *self, gconstpointer data)
{
  Answer answer;

  look_up (self, self->space, &answer);
  u_credential_store_unref (self->store);
  finish (pop (&self->keyring, 'l'), NULL, NULL);
  wait_for (self, &answer, NULL);
  self->store = u_credential_store_new_memory ();
}

typedef struct
{
  guint n_calls;
  GError *error;              /* owned, nullable */
} Flushed;

static void
flushed_cb (const GError *error, gpointer user_data)
{
  Flushed *self = user_data;

  self->n_calls++;
  self->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
test_flush (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE, "no");
  Flushed flushed = { 0, NULL };

  u_credential_store_flush (self->store, self->context, flushed_cb, &flushed);
  g_assert_cmpuint (flushed.n_calls, ==, 0);
  while (flushed.n_calls == 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_no_error (flushed.error);

  flushed.n_calls = 0;
  set (self->store, self->space, "u", "p", PERMANENT);
  set (self->store, self->space, "v", "p", PERMANENT);
  u_credential_store_flush (self->store, self->context, flushed_cb, &flushed);
  finish (pop (&self->keyring, 's'), NULL, error);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpuint (flushed.n_calls, ==, 0);
  finish (pop (&self->keyring, 's'), NULL, NULL);
  while (flushed.n_calls == 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_error (flushed.error, U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE);
  g_clear_error (&flushed.error);
  /* In memory it is all the same. */
  assert_peek (self->store, self->space, "v:p");

  /* Told once. */
  flushed.n_calls = 0;
  u_credential_store_flush (self->store, self->context, flushed_cb, &flushed);
  while (flushed.n_calls == 0)
    g_main_context_iteration (self->context, TRUE);
  g_assert_no_error (flushed.error);
}

static void
count_cb (gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
assert_changed (Fixture *self, guint *n_changes, guint expected)
{
  g_assert_cmpuint (*n_changes, ==, 0);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_assert_cmpuint (*n_changes, ==, expected);
  *n_changes = 0;
}

static void
test_listener (Fixture *self, gconstpointer data)
{
  guint n_changes = 0;
  guint n_destroyed = 0;
  guint id = u_credential_store_add_listener (self->store, self->context, count_cb, &n_changes, NULL);
  guint other = u_credential_store_add_listener (self->store, self->context, count_cb, &n_destroyed, count_cb);

  set (self->store, self->space, "u", "p", SESSION);
  set (self->store, self->space, "v", "p", SESSION);
  assert_changed (self, &n_changes, 1);
  set (self->store, self->space, "v", "p", SESSION);
  set (self->store, self->space, "v", "p", ONCE);
  remove_user (self->store, self->space, "nobody", SESSION);
  assert_changed (self, &n_changes, 0);
  remove_user (self->store, self->space, "v", SESSION);
  assert_changed (self, &n_changes, 1);
  u_credential_store_remove_all (self->store);
  assert_changed (self, &n_changes, 1);
  u_credential_store_remove_all (self->store);
  assert_changed (self, &n_changes, 0);

  n_destroyed = 0;
  u_credential_store_remove_listener (self->store, other);
  g_assert_cmpuint (n_destroyed, ==, 1);
  /* A call on its way does not arrive after the removal. */
  set (self->store, self->space, "u", "p", SESSION);
  u_credential_store_remove_listener (self->store, id);
  u_credential_store_remove_listener (self->store, id);
  assert_changed (self, &n_changes, 0);
}

typedef struct
{
  UCredentialStore *store;
  guint n;
} Stress;

static gpointer
stress_thread (gpointer data)
{
  Stress *self = data;
  g_autofree char *host = g_strdup_printf ("h%u", self->n % 2);
  g_autoptr (UProtectionSpaceData) space = make_space (U_AUTHENTICATION_METHOD_HTTP_BASIC, host, "r", FALSE);
  g_autofree char *user = g_strdup_printf ("u%u", self->n);
  guint n_changes = 0;

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr (UCredentialData) credential = NULL;
      g_autoptr (GPtrArray) all = NULL;
      guint id = u_credential_store_add_listener (self->store, NULL, count_cb, &n_changes, NULL);

      set (self->store, space, user, i % 2 == 0 ? "p" : "q", SESSION);
      credential = u_credential_store_peek (self->store, space);
      g_assert_nonnull (credential);
      all = u_credential_store_dup_all (self->store, space);
      g_assert_cmpuint (all->len, >, 0);
      u_credential_store_remove_listener (self->store, id);
    }
  remove_user (self->store, space, user, SESSION);

  return NULL;
}

static void
test_threads (Fixture *self, gconstpointer data)
{
  GThread *threads[4];
  Stress stress[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      stress[i] = (Stress) { self->store, i };
      threads[i] = g_thread_new (NULL, stress_thread, &stress[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  {
    g_autoptr (GPtrArray) spaces = u_credential_store_dup_spaces (self->store);

    g_assert_cmpuint (spaces->len, ==, 0);
  }
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_shared (Fixture *self, gconstpointer data)
{
  g_autoptr (UCredentialStore) first = u_credential_store_ref_shared ();
  g_autoptr (UCredentialStore) second = u_credential_store_ref_shared ();

  g_assert_true (first == second);
  g_assert_true (first != self->store);
}

#define add(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  add ("/credential-store/r104-memory", test_memory);
  add ("/credential-store/r103-persistence", test_persistence);
  add ("/credential-store/any-method", test_any_method);
  add ("/credential-store/any-method-kept", test_any_method_kept);
  add ("/credential-store/r092-lookup", test_lookup);
  add ("/credential-store/lookup/without-keyring", test_lookup_without_keyring);
  add ("/credential-store/lookup/hangs", test_lookup_hangs);
  add ("/credential-store/lookup/outdated", test_lookup_outdated);
  add ("/credential-store/lookup/outlives", test_lookup_outlives);
  add ("/credential-store/flush", test_flush);
  add ("/credential-store/listener", test_listener);
  add ("/credential-store/threads", test_threads);
  add ("/credential-store/shared", test_shared);

  return g_test_run ();
}
