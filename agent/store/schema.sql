-- Everything that tailship must know again after a restart. Sizes are bytes, times are milliseconds since the epoch.
PRAGMA application_id = 0x7461696c;

-- One generation of one file: the live one, a rotated one, or one that is gone (path NULL, gone = since when).
CREATE TABLE generation (
  file       INTEGER PRIMARY KEY AUTOINCREMENT,
  gen        TEXT NOT NULL UNIQUE CHECK (length(gen) = 16),
  input      TEXT NOT NULL,
  chain      TEXT NOT NULL,
  path       TEXT,
  gone       INTEGER CHECK ((gone IS NULL) = (path IS NOT NULL)),
  dev        REAL NOT NULL, -- dev, ino and birth are doubles, as stat gives them
  ino        REAL NOT NULL,
  birth      REAL NOT NULL,
  head_bytes INTEGER NOT NULL,
  head       TEXT NOT NULL,
  previous   INTEGER REFERENCES generation ON DELETE SET NULL,
  first_seen INTEGER NOT NULL
) STRICT;
CREATE INDEX generation_previous ON generation (previous);

-- How far each destination has dealt with each generation. Only ever forward, and only in a settle's transaction.
CREATE TABLE checkpoint (
  file        INTEGER NOT NULL REFERENCES generation ON DELETE CASCADE,
  destination TEXT NOT NULL,
  offset      INTEGER NOT NULL,
  skip        INTEGER NOT NULL,
  clue        TEXT NOT NULL,
  PRIMARY KEY (file, destination)
) STRICT, WITHOUT ROWID;

-- One batch a row, oldest first. The large columns stand last, so that counting never reads them.
-- A row holds payload and ends (unsigned 32 bit, in the machine's byte order), or the range start..stop of a file.
CREATE TABLE spool (
  row         INTEGER PRIMARY KEY AUTOINCREMENT,
  destination TEXT NOT NULL,
  input       TEXT NOT NULL,
  added       INTEGER NOT NULL,
  again       INTEGER NOT NULL, -- 1: it was on the wire before
  lines       INTEGER NOT NULL, -- source lines, and their bytes
  bytes       INTEGER NOT NULL,
  marks       TEXT NOT NULL,    -- [[file, offset, start, stop], ...]: where files stood then, and for which bytes the row stands
  file        INTEGER,          -- a generation
  start       INTEGER,
  stop        INTEGER,
  ends        BLOB,
  payload     BLOB,
  CHECK ((payload IS NULL) = (file IS NOT NULL))
) STRICT;
CREATE INDEX spool_destination ON spool (destination);

-- Source lines and their bytes, by what became of them: read, acked, filtered, dropped:CAUSE, repeated.
-- At all times read = acked + filtered + dropped + what stands in spool and refused. Repeated lines are counted in acked once.
CREATE TABLE ledger (
  destination TEXT NOT NULL,
  input       TEXT NOT NULL,
  cause       TEXT NOT NULL,
  lines       INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  PRIMARY KEY (destination, input, cause)
) STRICT, WITHOUT ROWID;

-- Bytes that never became lines, and the last ranges of them in words (a JSON array).
CREATE TABLE lost (
  input  TEXT NOT NULL,
  cause  TEXT NOT NULL,
  bytes  INTEGER NOT NULL,
  ranges TEXT NOT NULL,
  PRIMARY KEY (input, cause)
) STRICT, WITHOUT ROWID;
