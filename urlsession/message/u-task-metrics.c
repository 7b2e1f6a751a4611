/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-task-metrics.h"

#include "urlsession/message/u-har-private.h"
#include "urlsession/message/u-task-metrics-private.h"
#include "urlsession/message/u-transaction-metrics-private.h"

/**
 * UTaskMetrics:
 *
 * What was measured of a task: carried by [signal@Task::collected-metrics], and kept in [property@Task:metrics].
 *
 * Nothing is measured unless somebody asks before the task is resumed for the first time: by listening to that signal,
 * or with [property@SessionConfiguration:collects-metrics].
 *
 * A task makes an exchange for its request, one for each redirect that it follows, and one each time that it has to ask
 * again. [method@TaskMetrics.dup_transactions] has all of them in their order. Of a task with more than 64 it has the
 * last 64.
 *
 * Immutable; may be used from any thread.
 */
struct _UTaskMetrics
{
  GObject parent_instance;

  GDateTime *start_date;      /* owned */
  GDateTime *end_date;        /* owned */
  guint redirect_count;
  GPtrArray *data;            /* owned; of UTransactionData */
  GPtrArray *transactions;    /* owned; of UTransactionMetrics, a view of each */
};

enum {
  PROP_0,
  PROP_DURATION,
  PROP_END_DATE,
  PROP_REDIRECT_COUNT,
  PROP_START_DATE,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UTaskMetrics, u_task_metrics, G_TYPE_OBJECT)

static void
u_task_metrics_finalize (GObject *object)
{
  UTaskMetrics *self = U_TASK_METRICS (object);

  g_clear_pointer (&self->start_date, g_date_time_unref);
  g_clear_pointer (&self->end_date, g_date_time_unref);
  g_ptr_array_unref (self->data);
  g_ptr_array_unref (self->transactions);

  G_OBJECT_CLASS (u_task_metrics_parent_class)->finalize (object);
}

static void
u_task_metrics_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UTaskMetrics *self = U_TASK_METRICS (object);

  switch (prop_id)
    {
    case PROP_DURATION:
      g_value_set_double (value, u_task_metrics_get_duration (self));
      break;
    case PROP_END_DATE:
      g_value_set_boxed (value, self->end_date);
      break;
    case PROP_REDIRECT_COUNT:
      g_value_set_uint (value, self->redirect_count);
      break;
    case PROP_START_DATE:
      g_value_set_boxed (value, self->start_date);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_task_metrics_class_init (UTaskMetricsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_task_metrics_finalize;
  object_class->get_property = u_task_metrics_get_property;

  /**
   * UTaskMetrics:duration: (getter get_duration)
   *
   * Seconds from the first resume to the end.
   */
  props[PROP_DURATION] = g_param_spec_double ("duration", NULL, NULL, 0, G_MAXDOUBLE, 0, readable);
  /**
   * UTaskMetrics:end-date: (getter get_end_date)
   *
   * When the task was over, in UTC.
   */
  props[PROP_END_DATE] = g_param_spec_boxed ("end-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  /**
   * UTaskMetrics:redirect-count: (getter get_redirect_count)
   *
   * How many redirects were followed.
   */
  props[PROP_REDIRECT_COUNT] = g_param_spec_uint ("redirect-count", NULL, NULL, 0, G_MAXUINT, 0, readable);
  /**
   * UTaskMetrics:start-date: (getter get_start_date)
   *
   * When the task was resumed for the first time, or cancelled before that, in UTC.
   */
  props[PROP_START_DATE] = g_param_spec_boxed ("start-date", NULL, NULL, G_TYPE_DATE_TIME, readable);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_task_metrics_init (UTaskMetrics *self)
{
  self->data = g_ptr_array_new_with_free_func ((GDestroyNotify) u_transaction_data_unref);
  self->transactions = g_ptr_array_new_with_free_func (g_object_unref);
}

/*
 * u_task_metrics_new:
 * @transactions: (nullable): of UTransactionData
 */
UTaskMetrics *
u_task_metrics_new (gint64 start, gint64 end, guint redirect_count, GPtrArray *transactions)
{
  UTaskMetrics *self = g_object_new (U_TYPE_TASK_METRICS, NULL);

  self->start_date = u_transaction_data_new_date (start);
  /* A clock that was set back in between does not make a task end before it began. */
  self->end_date = u_transaction_data_new_date (MAX (start, end));
  self->redirect_count = redirect_count;
  for (guint i = 0; transactions != NULL && i < transactions->len; i++)
    {
      UTransactionData *data = g_ptr_array_index (transactions, i);

      g_ptr_array_add (self->data, u_transaction_data_ref (data));
      g_ptr_array_add (self->transactions, u_transaction_metrics_new (data));
    }

  return self;
}

/**
 * u_task_metrics_get_start_date: (get-property start-date)
 * @self: metrics
 *
 * Gets when the task was resumed for the first time, or cancelled before that.
 *
 * Returns: (transfer none) (nullable): an instant in UTC; %NULL only for an object that no task made
 */
GDateTime *
u_task_metrics_get_start_date (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), NULL);

  return self->start_date;
}

/**
 * u_task_metrics_get_end_date: (get-property end-date)
 * @self: metrics
 *
 * Gets when the task was over.
 *
 * Returns: (transfer none) (nullable): an instant in UTC; %NULL only for an object that no task made
 */
GDateTime *
u_task_metrics_get_end_date (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), NULL);

  return self->end_date;
}

/**
 * u_task_metrics_get_duration: (get-property duration)
 * @self: metrics
 *
 * Gets how long the task took.
 *
 * Returns: seconds, never negative
 */
double
u_task_metrics_get_duration (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), 0);

  if (self->start_date == NULL || self->end_date == NULL)
    return 0;

  return g_date_time_difference (self->end_date, self->start_date) / (double) G_USEC_PER_SEC;
}

/**
 * u_task_metrics_get_redirect_count: (get-property redirect-count)
 * @self: metrics
 *
 * Gets how many redirects were followed.
 *
 * Returns: a number
 */
guint
u_task_metrics_get_redirect_count (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), 0);

  return self->redirect_count;
}

/**
 * u_task_metrics_get_n_transactions:
 * @self: metrics
 *
 * Gets how many exchanges there are to read about.
 *
 * It is 0 for a task that ended before it asked anybody, and if nobody had asked to measure when it began.
 *
 * Returns: a number up to 64
 */
guint
u_task_metrics_get_n_transactions (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), 0);

  return self->transactions->len;
}

/**
 * u_task_metrics_get_transaction:
 * @self: metrics
 * @index: which one, from 0
 *
 * Gets what was measured of one exchange.
 *
 * Returns: (transfer none) (nullable): the exchange, or %NULL if there are not so many
 */
UTransactionMetrics *
u_task_metrics_get_transaction (UTaskMetrics *self, guint index)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), NULL);

  return index < self->transactions->len ? g_ptr_array_index (self->transactions, index) : NULL;
}

/**
 * u_task_metrics_dup_transactions:
 * @self: metrics
 * @n_transactions: (out): the number of exchanges
 *
 * Gets what was measured of each exchange, in the order in which they began.
 *
 * Returns: (transfer full) (array length=n_transactions): the exchanges
 */
UTransactionMetrics **
u_task_metrics_dup_transactions (UTaskMetrics *self, gsize *n_transactions)
{
  UTransactionMetrics **transactions;

  g_return_val_if_fail (U_IS_TASK_METRICS (self), NULL);
  g_return_val_if_fail (n_transactions != NULL, NULL);

  transactions = g_new0 (UTransactionMetrics *, self->transactions->len + 1);
  for (guint i = 0; i < self->transactions->len; i++)
    transactions[i] = g_object_ref (g_ptr_array_index (self->transactions, i));
  *n_transactions = self->transactions->len;

  return transactions;
}

/**
 * u_task_metrics_to_har:
 * @self: metrics
 *
 * Writes the exchanges in the HTTP Archive format, version 1.2.
 *
 * The network tools of browsers read and show it. Bodies are not in it. Passwords, cookies, and the values of header
 * fields that let somebody in are replaced by `***`, and the user info of URLs is left out. Their queries are kept,
 * since they say what was asked: look at them before you give the text away.
 *
 * Returns: (transfer full): JSON
 */
char *
u_task_metrics_to_har (UTaskMetrics *self)
{
  g_return_val_if_fail (U_IS_TASK_METRICS (self), NULL);

  return u_har_write (self->data);
}
