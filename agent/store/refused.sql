-- Messages that a server refused for good, kept until somebody retries or drops them. Columns as in spool.
CREATE TABLE refused (
  row         INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  input       TEXT NOT NULL,
  added       INTEGER NOT NULL,
  reason      TEXT NOT NULL,    -- why, in words
  lines       INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  ends        BLOB NOT NULL,
  payload     BLOB NOT NULL
) STRICT;
-- It holds all that sums and conditions need, so that they read no row.
CREATE INDEX refused_sums ON refused (destination, input, added, lines, bytes);
