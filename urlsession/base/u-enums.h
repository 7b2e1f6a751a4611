/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>
#include <urlsession/base/u-macros.h>

G_BEGIN_DECLS

/**
 * UTaskState:
 * @U_TASK_STATE_RUNNING: the task is being carried out, or waits for its turn
 * @U_TASK_STATE_SUSPENDED: the task does nothing until it is resumed; the state of a new task
 * @U_TASK_STATE_CANCELING: the task was cancelled and has not completed yet
 * @U_TASK_STATE_COMPLETED: the task is over, with or without an error
 *
 * Where a task stands.
 *
 * A task goes between running and suspended, from both to canceling, and from there or from running to completed,
 * which it never leaves.
 */
typedef enum {
  U_TASK_STATE_RUNNING,
  U_TASK_STATE_SUSPENDED,
  U_TASK_STATE_CANCELING,
  U_TASK_STATE_COMPLETED,
} UTaskState;

/**
 * UFileConflict:
 * @U_FILE_CONFLICT_AUTOMATIC: replace where the application named the file, find another name where the server did
 * @U_FILE_CONFLICT_REPLACE: the new file takes the place of the old one, at once and only when it is whole
 * @U_FILE_CONFLICT_RENAME: the new file gets a number in its name
 * @U_FILE_CONFLICT_FAIL: the task fails with `U_ERROR_CANNOT_MOVE_FILE`
 *
 * What a download does when there is a file at its destination already.
 */
typedef enum {
  U_FILE_CONFLICT_AUTOMATIC,
  U_FILE_CONFLICT_REPLACE,
  U_FILE_CONFLICT_RENAME,
  U_FILE_CONFLICT_FAIL,
} UFileConflict;

G_END_DECLS
