/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-retry-policy.h"

#include "urlsession/message/u-retry-policy-private.h"

/**
 * URetryPolicy:
 *
 * Whether a request that failed is made again, when, and how often.
 *
 * Without one nothing is retried. It belongs to a configuration, [property@SessionConfiguration:retry-policy], or to a
 * request, [property@Request:retry-policy], which goes before.
 *
 * What is retried is what may go well another time: a name that cannot be looked up, a connection that is refused or
 * lost, a timeout, and the statuses 408, 429, 502, 503 and 504. It is done only where it is safe, with the idempotent
 * methods of RFC 9110 section 9.2.2 or when nothing of the request was sent, and as long as nothing of a response was
 * handed to the application. A download that broke off goes on where it stopped, if the server allows it.
 *
 * It is a value: its properties are set when it is made.
 */
struct _URetryPolicy
{
  GObject parent_instance;

  URetryRules *rules;         /* owned */
};

enum {
  PROP_0,
  PROP_HONORS_RETRY_AFTER,
  PROP_INITIAL_DELAY,
  PROP_JITTER,
  PROP_MAX_RETRIES,
  PROP_MAXIMUM_DELAY,
  PROP_MULTIPLIER,
  PROP_RETRIES_UNSAFE_METHODS,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (URetryPolicy, u_retry_policy, G_TYPE_OBJECT)

static void
u_retry_policy_finalize (GObject *object)
{
  u_retry_rules_unref (U_RETRY_POLICY (object)->rules);

  G_OBJECT_CLASS (u_retry_policy_parent_class)->finalize (object);
}

static void
u_retry_policy_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  URetryRules *rules = U_RETRY_POLICY (object)->rules;

  switch (prop_id)
    {
    case PROP_HONORS_RETRY_AFTER:
      g_value_set_boolean (value, rules->honors_retry_after);
      break;
    case PROP_INITIAL_DELAY:
      g_value_set_double (value, rules->initial_delay);
      break;
    case PROP_JITTER:
      g_value_set_double (value, rules->jitter);
      break;
    case PROP_MAX_RETRIES:
      g_value_set_uint (value, rules->max_retries);
      break;
    case PROP_MAXIMUM_DELAY:
      g_value_set_double (value, rules->maximum_delay);
      break;
    case PROP_MULTIPLIER:
      g_value_set_double (value, rules->multiplier);
      break;
    case PROP_RETRIES_UNSAFE_METHODS:
      g_value_set_boolean (value, rules->retries_unsafe_methods);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_retry_policy_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  URetryRules *rules = U_RETRY_POLICY (object)->rules;

  switch (prop_id)
    {
    case PROP_HONORS_RETRY_AFTER:
      rules->honors_retry_after = g_value_get_boolean (value);
      break;
    case PROP_INITIAL_DELAY:
      rules->initial_delay = g_value_get_double (value);
      break;
    case PROP_JITTER:
      rules->jitter = g_value_get_double (value);
      break;
    case PROP_MAX_RETRIES:
      rules->max_retries = g_value_get_uint (value);
      break;
    case PROP_MAXIMUM_DELAY:
      rules->maximum_delay = g_value_get_double (value);
      break;
    case PROP_MULTIPLIER:
      rules->multiplier = g_value_get_double (value);
      break;
    case PROP_RETRIES_UNSAFE_METHODS:
      rules->retries_unsafe_methods = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_retry_policy_class_init (URetryPolicyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_retry_policy_finalize;
  object_class->get_property = u_retry_policy_get_property;
  object_class->set_property = u_retry_policy_set_property;

  /**
   * URetryPolicy:honors-retry-after: (getter get_honors_retry_after)
   *
   * Whether a wait is as long as the server asks with `Retry-After` (RFC 9110 section 10.2.3), where it does; %TRUE
   * unless it is said otherwise.
   */
  props[PROP_HONORS_RETRY_AFTER] =
    g_param_spec_boolean ("honors-retry-after", NULL, NULL, TRUE, construct);
  /**
   * URetryPolicy:initial-delay: (getter get_initial_delay)
   *
   * Seconds before the first retry; the default is 1.
   */
  props[PROP_INITIAL_DELAY] =
    g_param_spec_double ("initial-delay", NULL, NULL, 0, G_MAXDOUBLE, 1, construct);
  /**
   * URetryPolicy:jitter: (getter get_jitter)
   *
   * How much of a wait is left to chance, from 0 for nothing to 1 for all of it; the default is 0.5.
   *
   * Chance keeps many clients that failed together from coming back together.
   */
  props[PROP_JITTER] =
    g_param_spec_double ("jitter", NULL, NULL, 0, 1, 0.5, construct);
  /**
   * URetryPolicy:max-retries: (getter get_max_retries)
   *
   * How many times a request is made again after its first attempt, 0 for never.
   *
   * The default is 3.
   */
  props[PROP_MAX_RETRIES] =
    g_param_spec_uint ("max-retries", NULL, NULL, 0, G_MAXUINT, 3, construct);
  /**
   * URetryPolicy:maximum-delay: (getter get_maximum_delay)
   *
   * Seconds that a wait has at most; the default is 60.
   *
   * What a server asks for with `Retry-After` may be longer.
   */
  props[PROP_MAXIMUM_DELAY] =
    g_param_spec_double ("maximum-delay", NULL, NULL, 0, G_MAXDOUBLE, 60, construct);
  /**
   * URetryPolicy:multiplier: (getter get_multiplier)
   *
   * By how much each wait is longer than the one before, at least 1; the default is 2.
   */
  props[PROP_MULTIPLIER] =
    g_param_spec_double ("multiplier", NULL, NULL, 1, G_MAXDOUBLE, 2, construct);
  /**
   * URetryPolicy:retries-unsafe-methods: (getter get_retries_unsafe_methods)
   *
   * Whether requests are repeated that may have had an effect, such as a `POST` whose answer was lost; %FALSE unless it
   * is said otherwise.
   *
   * A request of which nothing was sent is always safe.
   */
  props[PROP_RETRIES_UNSAFE_METHODS] =
    g_param_spec_boolean ("retries-unsafe-methods", NULL, NULL, FALSE, construct);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_retry_policy_init (URetryPolicy *self)
{
  self->rules = u_retry_rules_new ();
}

/**
 * u_retry_policy_new: (constructor)
 * @max_retries: how many times at most, after the first attempt
 *
 * Makes a policy with the usual delays.
 *
 * Returns: (transfer full): a policy
 */
URetryPolicy *
u_retry_policy_new (guint max_retries)
{
  return g_object_new (U_TYPE_RETRY_POLICY, "max-retries", max_retries, NULL);
}

URetryPolicy *
u_retry_policy_new_from_rules (URetryRules *rules)
{
  URetryPolicy *self = g_object_new (U_TYPE_RETRY_POLICY, NULL);

  u_retry_rules_unref (self->rules);
  self->rules = u_retry_rules_ref (rules);

  return self;
}

URetryRules *
u_retry_policy_get_rules (URetryPolicy *self)
{
  return self->rules;
}

/**
 * u_retry_policy_get_honors_retry_after: (get-property honors-retry-after)
 * @self: a policy
 *
 * Gets whether the server may say how long to wait.
 *
 * Returns: %TRUE if it is
 */
gboolean
u_retry_policy_get_honors_retry_after (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), FALSE);

  return self->rules->honors_retry_after;
}

/**
 * u_retry_policy_get_initial_delay: (get-property initial-delay)
 * @self: a policy
 *
 * Gets how long the first wait is.
 *
 * Returns: seconds
 */
double
u_retry_policy_get_initial_delay (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->initial_delay;
}

/**
 * u_retry_policy_get_jitter: (get-property jitter)
 * @self: a policy
 *
 * Gets how much of a wait is left to chance.
 *
 * Returns: a number from 0 to 1
 */
double
u_retry_policy_get_jitter (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->jitter;
}

/**
 * u_retry_policy_get_max_retries: (get-property max-retries)
 * @self: a policy
 *
 * Gets how many times a request is made again.
 *
 * Returns: a number from 0
 */
guint
u_retry_policy_get_max_retries (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->max_retries;
}

/**
 * u_retry_policy_get_maximum_delay: (get-property maximum-delay)
 * @self: a policy
 *
 * Gets how long a wait is at most.
 *
 * Returns: seconds
 */
double
u_retry_policy_get_maximum_delay (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->maximum_delay;
}

/**
 * u_retry_policy_get_multiplier: (get-property multiplier)
 * @self: a policy
 *
 * Gets by how much each wait is longer than the one before.
 *
 * Returns: a factor
 */
double
u_retry_policy_get_multiplier (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->multiplier;
}

/**
 * u_retry_policy_get_retries_unsafe_methods: (get-property retries-unsafe-methods)
 * @self: a policy
 *
 * Gets whether requests are repeated that may have had an effect.
 *
 * Returns: %TRUE if they are
 */
gboolean
u_retry_policy_get_retries_unsafe_methods (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), FALSE);

  return self->rules->retries_unsafe_methods;
}
