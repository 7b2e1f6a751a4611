/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-pattern.h"

#define GOLDEN G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

/* SplitMix64: eight bytes from a seed and a position, so that any part of a body of any size can be made, and
 * verified, without the bytes before it. */
static guint64
block_at (guint64 seed, guint64 index)
{
  guint64 z = seed * G_GUINT64_CONSTANT (0xd1342543de82ef95) + (index + 1) * GOLDEN;

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);

  return z ^ (z >> 31);
}

/**
 * u_test_pattern_seeded: (skip)
 * @seed: which body
 * @offset: where in the body, in bytes
 * @buffer: (array length=length): where to write
 * @length: how many bytes
 *
 * Writes a part of the pseudo-random body of @seed.
 */
void
u_test_pattern_seeded (guint64 seed, guint64 offset, guint8 *buffer, gsize length)
{
  gsize i = 0;

  while (i < length)
    {
      guint64 position = offset + i;
      guint64 block = block_at (seed, position / 8);

      for (guint byte = position % 8; byte < 8 && i < length; byte++)
        buffer[i++] = (block >> (8 * byte)) & 0xff;
    }
}

/**
 * u_test_pattern: (skip)
 * @offset: where in the body, in bytes
 * @buffer: (array length=length): where to write
 * @length: how many bytes
 *
 * Writes a part of the body that `/bytes/N` sends.
 */
void
u_test_pattern (guint64 offset, guint8 *buffer, gsize length)
{
  u_test_pattern_seeded (U_TEST_SEED, offset, buffer, length);
}

/**
 * u_test_pattern_bytes_seeded:
 * @seed: which body
 * @length: how many bytes
 *
 * The first @length bytes of the body of @seed.
 *
 * Returns: (transfer full): the bytes
 */
GBytes *
u_test_pattern_bytes_seeded (guint64 seed, guint64 length)
{
  guint8 *buffer = g_malloc (MAX (length, 1));

  u_test_pattern_seeded (seed, 0, buffer, length);

  return g_bytes_new_take (buffer, length);
}

/**
 * u_test_pattern_bytes:
 * @length: how many bytes
 *
 * The body that `/bytes/N` sends.
 *
 * Returns: (transfer full): the bytes
 */
GBytes *
u_test_pattern_bytes (guint64 length)
{
  return u_test_pattern_bytes_seeded (U_TEST_SEED, length);
}

/**
 * u_test_pattern_sha256_seeded:
 * @seed: which body
 * @length: how many bytes
 *
 * The SHA-256 of the first @length bytes of the body of @seed, made without holding them in memory.
 *
 * Returns: (transfer full): the digest in hexadecimal
 */
char *
u_test_pattern_sha256_seeded (guint64 seed, guint64 length)
{
  g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 buffer[16 * 1024];

  for (guint64 offset = 0; offset < length; offset += sizeof buffer)
    {
      gsize n = MIN (sizeof buffer, length - offset);

      u_test_pattern_seeded (seed, offset, buffer, n);
      g_checksum_update (checksum, buffer, n);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

/**
 * u_test_pattern_sha256:
 * @length: how many bytes
 *
 * The SHA-256 of the body that `/bytes/N` sends.
 *
 * Returns: (transfer full): the digest in hexadecimal
 */
char *
u_test_pattern_sha256 (guint64 length)
{
  return u_test_pattern_sha256_seeded (U_TEST_SEED, length);
}
