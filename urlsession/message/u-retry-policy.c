/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-retry-policy-private.h"

/**
 * URetryPolicy:
 *
 * Whether a request that failed is made again, when, and how often.
 *
 * Without a policy nothing is made again. One belongs to a request, [property@Request:retry-policy], or to a session.
 *
 * ```c
 * g_autoptr(URetryPolicy) policy = u_retry_policy_new ();
 *
 * u_retry_policy_set_max_attempts (policy, 5);
 * u_request_set_retry_policy (request, policy);
 * ```
 *
 * What is made again is what may go well another time: after a name that cannot be looked up, a connection that was
 * refused or lost, a timeout, and after the statuses 408, 429, 502, 503 and 504 unless others are set. What will be the
 * same the next time is not: a bad URL, a certificate, the policy of the session, a full disk, too many redirects.
 *
 * It happens only where it is safe, that is with the idempotent methods of RFC 9110 section 9.2.2 or when nothing of
 * the request was sent, and only while nothing of a response was given to the application. A download that the server
 * allows to resume is not begun anew but goes on where it stopped, also in the middle of its body; once an attempt has
 * brought it on, its attempts are counted anew.
 *
 * That of a session or a request is *sealed*: to change it is a programming error, reported with g_critical(), and has
 * no effect. [method@RetryPolicy.copy] returns one that can be changed. A sealed policy may be used from any thread,
 * another one from one thread at a time.
 */
struct _URetryPolicy
{
  GObject parent_instance;

  URetryRules *rules;         /* owned; shared only when sealed */
  gboolean sealed;
};

enum {
  PROP_0,
  PROP_HONORS_RETRY_AFTER,
  PROP_INITIAL_DELAY,
  PROP_JITTER,
  PROP_MAX_ATTEMPTS,
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
  URetryPolicy *self = U_RETRY_POLICY (object);

  switch (prop_id)
    {
    case PROP_HONORS_RETRY_AFTER:
      g_value_set_boolean (value, self->rules->honors_retry_after);
      break;
    case PROP_INITIAL_DELAY:
      g_value_set_double (value, self->rules->initial_delay);
      break;
    case PROP_JITTER:
      g_value_set_double (value, self->rules->jitter);
      break;
    case PROP_MAX_ATTEMPTS:
      g_value_set_uint (value, self->rules->max_attempts);
      break;
    case PROP_MAXIMUM_DELAY:
      g_value_set_double (value, self->rules->maximum_delay);
      break;
    case PROP_MULTIPLIER:
      g_value_set_double (value, self->rules->multiplier);
      break;
    case PROP_RETRIES_UNSAFE_METHODS:
      g_value_set_boolean (value, self->rules->retries_unsafe_methods);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_retry_policy_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  URetryPolicy *self = U_RETRY_POLICY (object);

  switch (prop_id)
    {
    case PROP_HONORS_RETRY_AFTER:
      u_retry_policy_set_honors_retry_after (self, g_value_get_boolean (value));
      break;
    case PROP_INITIAL_DELAY:
      u_retry_policy_set_initial_delay (self, g_value_get_double (value));
      break;
    case PROP_JITTER:
      u_retry_policy_set_jitter (self, g_value_get_double (value));
      break;
    case PROP_MAX_ATTEMPTS:
      u_retry_policy_set_max_attempts (self, g_value_get_uint (value));
      break;
    case PROP_MAXIMUM_DELAY:
      u_retry_policy_set_maximum_delay (self, g_value_get_double (value));
      break;
    case PROP_MULTIPLIER:
      u_retry_policy_set_multiplier (self, g_value_get_double (value));
      break;
    case PROP_RETRIES_UNSAFE_METHODS:
      u_retry_policy_set_retries_unsafe_methods (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_retry_policy_class_init (URetryPolicyClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_retry_policy_finalize;
  object_class->get_property = u_retry_policy_get_property;
  object_class->set_property = u_retry_policy_set_property;

  /**
   * URetryPolicy:honors-retry-after: (getter get_honors_retry_after) (setter set_honors_retry_after)
   *
   * Whether a wait is as long as the server asks with `Retry-After` (RFC 9110 section 10.2.3), where it does; %TRUE
   * unless it is said otherwise.
   *
   * A server that asks for more time than the resource timeout leaves has its response delivered instead.
   */
  props[PROP_HONORS_RETRY_AFTER] =
    g_param_spec_boolean ("honors-retry-after", NULL, NULL, TRUE, flags);

  /**
   * URetryPolicy:initial-delay: (getter get_initial_delay) (setter set_initial_delay)
   *
   * Seconds before the second attempt, without what [property@RetryPolicy:jitter] takes off; the default is 1.
   */
  props[PROP_INITIAL_DELAY] =
    g_param_spec_double ("initial-delay", NULL, NULL, 0, G_MAXDOUBLE, 1, flags);

  /**
   * URetryPolicy:jitter: (getter get_jitter) (setter set_jitter)
   *
   * How much of a wait is left to chance, from 0 for nothing to 1 for all of it, which is the default.
   *
   * Chance keeps clients that failed together from coming back together. A wait that the server asks for is not made
   * shorter.
   */
  props[PROP_JITTER] =
    g_param_spec_double ("jitter", NULL, NULL, 0, 1, 1, flags);

  /**
   * URetryPolicy:max-attempts: (getter get_max_attempts) (setter set_max_attempts)
   *
   * How many times a request is made at most, the first one included; 1 for never again. The default is 3.
   */
  props[PROP_MAX_ATTEMPTS] =
    g_param_spec_uint ("max-attempts", NULL, NULL, 1, G_MAXUINT, 3, flags);

  /**
   * URetryPolicy:maximum-delay: (getter get_maximum_delay) (setter set_maximum_delay)
   *
   * Seconds that a wait has at most; the default is 60.
   *
   * What a server asks for with `Retry-After` may be longer.
   */
  props[PROP_MAXIMUM_DELAY] =
    g_param_spec_double ("maximum-delay", NULL, NULL, 0, G_MAXDOUBLE, 60, flags);

  /**
   * URetryPolicy:multiplier: (getter get_multiplier) (setter set_multiplier)
   *
   * By how much each wait is longer than the one before, at least 1; the default is 2.
   */
  props[PROP_MULTIPLIER] =
    g_param_spec_double ("multiplier", NULL, NULL, 1, G_MAXDOUBLE, 2, flags);

  /**
   * URetryPolicy:retries-unsafe-methods: (getter get_retries_unsafe_methods) (setter set_retries_unsafe_methods)
   *
   * Whether requests are made again that may have had an effect, such as a `POST` whose answer was lost; %FALSE unless
   * it is said otherwise.
   *
   * A request of which nothing was sent is always safe.
   */
  props[PROP_RETRIES_UNSAFE_METHODS] =
    g_param_spec_boolean ("retries-unsafe-methods", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_retry_policy_init (URetryPolicy *self)
{
  self->rules = u_retry_rules_new ();
}

/**
 * u_retry_policy_new:
 *
 * Makes a policy of three attempts, with waits of up to one and up to two seconds between them.
 *
 * Returns: (transfer full): a policy that can be changed
 */
URetryPolicy *
u_retry_policy_new (void)
{
  return g_object_new (U_TYPE_RETRY_POLICY, NULL);
}

/**
 * u_retry_policy_copy:
 * @self: a policy
 *
 * Makes a copy, which can be changed also when @self is sealed.
 *
 * Returns: (transfer full): a policy of its own
 */
URetryPolicy *
u_retry_policy_copy (URetryPolicy *self)
{
  URetryPolicy *copy;

  g_return_val_if_fail (U_IS_RETRY_POLICY (self), NULL);

  copy = u_retry_policy_new ();
  u_retry_rules_unref (copy->rules);
  copy->rules = u_retry_rules_copy (self->rules);

  return copy;
}

URetryPolicy *
u_retry_policy_new_sealed (URetryRules *rules)
{
  URetryPolicy *self = u_retry_policy_new ();

  u_retry_rules_unref (self->rules);
  self->rules = u_retry_rules_ref (rules);
  self->sealed = TRUE;

  return self;
}

URetryPolicy *
u_retry_policy_dup_sealed (URetryPolicy *self)
{
  g_autoptr (URetryRules) rules = u_retry_policy_ref_rules (self);

  return u_retry_policy_new_sealed (rules);
}

URetryRules *
u_retry_policy_ref_rules (URetryPolicy *self)
{
  return self->sealed ? u_retry_rules_ref (self->rules) : u_retry_rules_copy (self->rules);
}

/**
 * u_retry_policy_is_sealed:
 * @self: a policy
 *
 * Tells whether the policy belongs to a session or a request and cannot be changed.
 *
 * Returns: %TRUE if a setter would be a programming error
 */
gboolean
u_retry_policy_is_sealed (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), TRUE);

  return self->sealed;
}

static gboolean
check_open (URetryPolicy *self)
{
  if (self->sealed)
    g_critical ("This retry policy is sealed: change a copy of it, from u_retry_policy_copy(), and set that.");

  return !self->sealed;
}

static void
set_boolean (URetryPolicy *self, gboolean *field, gboolean value, guint property)
{
  value = !!value;
  if (!check_open (self) || *field == value)
    return;

  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[property]);
}

static void
set_double (URetryPolicy *self, double *field, double value, guint property)
{
  if (!check_open (self) || *field == value)
    return;

  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[property]);
}

/**
 * u_retry_policy_get_max_attempts: (get-property max-attempts)
 * @self: a policy
 *
 * Gets how many times a request is made at most.
 *
 * Returns: a number from 1
 */
guint
u_retry_policy_get_max_attempts (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 1);

  return self->rules->max_attempts;
}

/**
 * u_retry_policy_set_max_attempts: (set-property max-attempts)
 * @self: a policy that is not sealed
 * @max_attempts: a number from 1
 *
 * Sets how many times a request is made at most.
 */
void
u_retry_policy_set_max_attempts (URetryPolicy *self, guint max_attempts)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (max_attempts >= 1);

  if (!check_open (self) || self->rules->max_attempts == max_attempts)
    return;

  self->rules->max_attempts = max_attempts;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_MAX_ATTEMPTS]);
}

/**
 * u_retry_policy_get_initial_delay: (get-property initial-delay)
 * @self: a policy
 *
 * Gets how long the first wait is at most.
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
 * u_retry_policy_set_initial_delay: (set-property initial-delay)
 * @self: a policy that is not sealed
 * @initial_delay: seconds, at least 0
 *
 * Sets how long the first wait is at most.
 */
void
u_retry_policy_set_initial_delay (URetryPolicy *self, double initial_delay)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (initial_delay >= 0);

  set_double (self, &self->rules->initial_delay, initial_delay, PROP_INITIAL_DELAY);
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
 * u_retry_policy_set_maximum_delay: (set-property maximum-delay)
 * @self: a policy that is not sealed
 * @maximum_delay: seconds, at least 0
 *
 * Sets how long a wait is at most.
 */
void
u_retry_policy_set_maximum_delay (URetryPolicy *self, double maximum_delay)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (maximum_delay >= 0);

  set_double (self, &self->rules->maximum_delay, maximum_delay, PROP_MAXIMUM_DELAY);
}

/**
 * u_retry_policy_get_multiplier: (get-property multiplier)
 * @self: a policy
 *
 * Gets by how much each wait is longer than the one before.
 *
 * Returns: a factor from 1
 */
double
u_retry_policy_get_multiplier (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->multiplier;
}

/**
 * u_retry_policy_set_multiplier: (set-property multiplier)
 * @self: a policy that is not sealed
 * @multiplier: a factor from 1
 *
 * Sets by how much each wait is longer than the one before.
 */
void
u_retry_policy_set_multiplier (URetryPolicy *self, double multiplier)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (multiplier >= 1);

  set_double (self, &self->rules->multiplier, multiplier, PROP_MULTIPLIER);
}

/**
 * u_retry_policy_get_jitter: (get-property jitter)
 * @self: a policy
 *
 * Gets how much of a wait is left to chance.
 *
 * Returns: from 0 to 1
 */
double
u_retry_policy_get_jitter (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), 0);

  return self->rules->jitter;
}

/**
 * u_retry_policy_set_jitter: (set-property jitter)
 * @self: a policy that is not sealed
 * @jitter: from 0 to 1
 *
 * Sets how much of a wait is left to chance.
 */
void
u_retry_policy_set_jitter (URetryPolicy *self, double jitter)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (jitter >= 0 && jitter <= 1);

  set_double (self, &self->rules->jitter, jitter, PROP_JITTER);
}

/**
 * u_retry_policy_get_honors_retry_after: (get-property honors-retry-after)
 * @self: a policy
 *
 * Gets whether the server may say how long to wait.
 *
 * Returns: %TRUE if it may
 */
gboolean
u_retry_policy_get_honors_retry_after (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), FALSE);

  return self->rules->honors_retry_after;
}

/**
 * u_retry_policy_set_honors_retry_after: (set-property honors-retry-after)
 * @self: a policy that is not sealed
 * @honors_retry_after: whether it may
 *
 * Sets whether the server may say how long to wait.
 */
void
u_retry_policy_set_honors_retry_after (URetryPolicy *self, gboolean honors_retry_after)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));

  set_boolean (self, &self->rules->honors_retry_after, honors_retry_after, PROP_HONORS_RETRY_AFTER);
}

/**
 * u_retry_policy_get_retries_unsafe_methods: (get-property retries-unsafe-methods)
 * @self: a policy
 *
 * Gets whether requests are made again that may have had an effect.
 *
 * Returns: %TRUE if they are
 */
gboolean
u_retry_policy_get_retries_unsafe_methods (URetryPolicy *self)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), FALSE);

  return self->rules->retries_unsafe_methods;
}

/**
 * u_retry_policy_set_retries_unsafe_methods: (set-property retries-unsafe-methods)
 * @self: a policy that is not sealed
 * @retries_unsafe_methods: whether they are
 *
 * Sets whether requests are made again that may have had an effect.
 */
void
u_retry_policy_set_retries_unsafe_methods (URetryPolicy *self, gboolean retries_unsafe_methods)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));

  set_boolean (self, &self->rules->retries_unsafe_methods, retries_unsafe_methods, PROP_RETRIES_UNSAFE_METHODS);
}

/**
 * u_retry_policy_get_status_codes:
 * @self: a policy
 * @n_status_codes: how many there are
 *
 * Gets the statuses after which a request is made again: 408, 429, 502, 503 and 504 unless others were set.
 *
 * Returns: (transfer none) (nullable) (array length=n_status_codes): HTTP status codes in ascending order
 */
const guint *
u_retry_policy_get_status_codes (URetryPolicy *self, gsize *n_status_codes)
{
  g_return_val_if_fail (U_IS_RETRY_POLICY (self), NULL);
  g_return_val_if_fail (n_status_codes != NULL, NULL);

  *n_status_codes = self->rules->n_status_codes;

  return self->rules->status_codes;
}

/**
 * u_retry_policy_set_status_codes:
 * @self: a policy that is not sealed
 * @status_codes: (array length=n_status_codes): HTTP status codes
 * @n_status_codes: how many there are; 0 to take every response as it is
 *
 * Sets the statuses after which a request is made again.
 *
 * A response with one of them is given to the application only when no attempt is left.
 */
void
u_retry_policy_set_status_codes (URetryPolicy *self, const guint *status_codes, gsize n_status_codes)
{
  g_return_if_fail (U_IS_RETRY_POLICY (self));
  g_return_if_fail (status_codes != NULL || n_status_codes == 0);

  if (check_open (self))
    u_retry_rules_set_status_codes (self->rules, status_codes, n_status_codes);
}
