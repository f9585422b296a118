-- By what the machine was known that wrote this state last, each hashed: a copy on another machine is told by it.
CREATE TABLE machine (
  clue  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
