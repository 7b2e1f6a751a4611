/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/auth/u-credential-private.h"

#include <string.h>

#include "urlsession/u-enum-types.h"

/**
 * UCredential:
 *
 * Who somebody is, and the proof of it: a user name with a password, or a TLS certificate with its key.
 *
 * A credential answers a question of a server, and is kept by a [class@CredentialStorage]. It does not change, and may
 * be used from any thread. The password is no property that can be read, so it is in no dump of properties;
 * [method@Credential.get_password] returns it.
 */

struct _UCredential
{
  GObject parent_instance;

  UCredentialData *data;      /* owned; NULL only during construction */
  GTlsCertificate *identity;  /* owned, nullable; the application's; NULL until asked for where the data came first */

  /* What the construct properties said, until `data` is made of it. */
  char *user;
  char *password;
  UCredentialPersistence persistence;
};

enum {
  PROP_0,
  PROP_HAS_PASSWORD,
  PROP_IDENTITY,
  PROP_PASSWORD,
  PROP_PERSISTENCE,
  PROP_USER,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (UCredential, u_credential, G_TYPE_OBJECT)

static void
u_credential_constructed (GObject *object)
{
  UCredential *self = U_CREDENTIAL (object);

  G_OBJECT_CLASS (u_credential_parent_class)->constructed (object);

  if (self->identity != NULL)
    {
      g_autoptr (GError) error = NULL;

      self->data = u_credential_data_new_for_identity (self->identity, self->persistence, &error);
      if (self->data == NULL)
        {
          g_critical ("The credential has no identity: %s", error->message);
          g_clear_object (&self->identity);
        }
    }
  if (self->data == NULL)
    self->data = u_credential_data_new (self->user, self->password, self->persistence);

  g_clear_pointer (&self->user, g_free);
  if (self->password != NULL)
    explicit_bzero (self->password, strlen (self->password));
  g_clear_pointer (&self->password, g_free);
}

static void
u_credential_finalize (GObject *object)
{
  UCredential *self = U_CREDENTIAL (object);

  g_clear_pointer (&self->data, u_credential_data_unref);
  g_clear_object (&self->identity);

  G_OBJECT_CLASS (u_credential_parent_class)->finalize (object);
}

static void
u_credential_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UCredential *self = U_CREDENTIAL (object);

  switch (prop_id)
    {
    case PROP_HAS_PASSWORD:
      g_value_set_boolean (value, u_credential_get_has_password (self));
      break;
    case PROP_IDENTITY:
      g_value_set_object (value, u_credential_get_identity (self));
      break;
    case PROP_PERSISTENCE:
      g_value_set_enum (value, u_credential_get_persistence (self));
      break;
    case PROP_USER:
      g_value_set_string (value, u_credential_get_user (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_credential_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UCredential *self = U_CREDENTIAL (object);

  switch (prop_id)
    {
    case PROP_IDENTITY:
      self->identity = g_value_dup_object (value);
      break;
    case PROP_PASSWORD:
      self->password = g_value_dup_string (value);
      break;
    case PROP_PERSISTENCE:
      self->persistence = g_value_get_enum (value);
      break;
    case PROP_USER:
      self->user = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_credential_class_init (UCredentialClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags writable = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = u_credential_constructed;
  object_class->finalize = u_credential_finalize;
  object_class->get_property = u_credential_get_property;
  object_class->set_property = u_credential_set_property;

  /**
   * UCredential:has-password: (getter get_has_password)
   *
   * Whether there is a password; an empty one is one.
   */
  properties[PROP_HAS_PASSWORD] = g_param_spec_boolean ("has-password", NULL, NULL, FALSE, readable);

  /**
   * UCredential:identity: (getter get_identity)
   *
   * A TLS certificate with its private key; %NULL for a user name with a password.
   */
  properties[PROP_IDENTITY] =
    g_param_spec_object ("identity", NULL, NULL, G_TYPE_TLS_CERTIFICATE, readable | writable);

  /**
   * UCredential:password: (getter get_password)
   *
   * The password. It is given when the object is made, and is never a property that can be read.
   */
  properties[PROP_PASSWORD] = g_param_spec_string ("password", NULL, NULL, NULL, writable);

  /**
   * UCredential:persistence: (getter get_persistence)
   *
   * How long the credential is kept once it was accepted.
   */
  properties[PROP_PERSISTENCE] =
    g_param_spec_enum ("persistence", NULL, NULL, U_TYPE_CREDENTIAL_PERSISTENCE, U_CREDENTIAL_PERSISTENCE_NONE,
                       readable | writable);

  /**
   * UCredential:user: (getter get_user)
   *
   * The name of the user; %NULL for a certificate.
   */
  properties[PROP_USER] = g_param_spec_string ("user", NULL, NULL, NULL, readable | writable);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
u_credential_init (UCredential *self)
{
}

/**
 * u_credential_new:
 * @user: (nullable): the name of the user
 * @password: (nullable): the password
 * @persistence: how long it is kept once it was accepted
 *
 * Creates a credential of a user.
 *
 * Returns: (transfer full): a new credential
 */
UCredential *
u_credential_new (const char *user, const char *password, UCredentialPersistence persistence)
{
  return g_object_new (U_TYPE_CREDENTIAL,
                       "user", user,
                       "password", password,
                       "persistence", persistence,
                       NULL);
}

/**
 * u_credential_new_for_identity:
 * @identity: a certificate with its private key, for instance from g_tls_certificate_new_from_file()
 * @persistence: how long it is kept once it was accepted; a certificate is not put into a keyring, and
 *   `U_CREDENTIAL_PERSISTENCE_PERMANENT` is the same as `U_CREDENTIAL_PERSISTENCE_FOR_SESSION`
 *
 * Creates a credential of a client that has a TLS certificate.
 *
 * A certificate without a key is a programming error: the credential has no identity then.
 *
 * Returns: (transfer full): a new credential
 */
UCredential *
u_credential_new_for_identity (GTlsCertificate *identity, UCredentialPersistence persistence)
{
  return g_object_new (U_TYPE_CREDENTIAL,
                       "identity", identity,
                       "persistence", persistence,
                       NULL);
}

UCredential *
u_credential_new_from_data (UCredentialData *data)
{
  UCredential *self = g_object_new (U_TYPE_CREDENTIAL, NULL);

  u_credential_data_unref (self->data);
  self->data = u_credential_data_ref (data);

  return self;
}

UCredentialData *
u_credential_ref_data (UCredential *self)
{
  return u_credential_data_ref (self->data);
}

/**
 * u_credential_get_user: (get-property user)
 * @self: a credential
 *
 * Gets the name of the user.
 *
 * Returns: (nullable) (transfer none): a name; %NULL for a certificate
 */
const char *
u_credential_get_user (UCredential *self)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), NULL);

  return self->data->user;
}

/**
 * u_credential_get_has_password: (get-property has-password)
 * @self: a credential
 *
 * Gets whether there is a password; an empty one is one.
 *
 * Returns: %TRUE if there is
 */
gboolean
u_credential_get_has_password (UCredential *self)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), FALSE);

  return self->data->password != NULL;
}

/**
 * u_credential_get_password: (get-property password)
 * @self: a credential
 *
 * Gets the password.
 *
 * Do not print it.
 *
 * Returns: (nullable) (transfer none): the password, or %NULL if there is none
 */
const char *
u_credential_get_password (UCredential *self)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), NULL);

  return self->data->password;
}

/**
 * u_credential_get_identity: (get-property identity)
 * @self: a credential
 *
 * Gets the certificate of a client.
 *
 * Returns: (nullable) (transfer none): a certificate; %NULL for a user name with a password
 */
GTlsCertificate *
u_credential_get_identity (UCredential *self)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), NULL);

  if (self->data->identity != NULL && g_atomic_pointer_get (&self->identity) == NULL)
    {
      /* That of the data belongs to I/O threads, which must not share an object with an application. */
      g_autoptr (UCredentialData) copy =
        u_credential_data_new_for_identity (self->data->identity, self->data->persistence, NULL);

      /* Another thread may have been faster. */
      if (copy != NULL && g_atomic_pointer_compare_and_exchange (&self->identity, NULL, copy->identity))
        g_object_ref (self->identity);
    }

  return self->identity;
}

/**
 * u_credential_get_persistence: (get-property persistence)
 * @self: a credential
 *
 * Gets how long the credential is kept once it was accepted.
 *
 * Returns: how long
 */
UCredentialPersistence
u_credential_get_persistence (UCredential *self)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), U_CREDENTIAL_PERSISTENCE_NONE);

  return self->data->persistence;
}

/**
 * u_credential_equal:
 * @self: a credential
 * @other: another one
 *
 * Compares two credentials: the user and the password, or the certificate. How long they are kept does not count.
 *
 * Returns: %TRUE if both are the same
 */
gboolean
u_credential_equal (UCredential *self, UCredential *other)
{
  g_return_val_if_fail (U_IS_CREDENTIAL (self), FALSE);
  g_return_val_if_fail (U_IS_CREDENTIAL (other), FALSE);

  return u_credential_data_equal (self->data, other->data);
}
