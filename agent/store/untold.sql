-- Ranges of generations that were dropped by a stated policy before they were sent, until the server is told of them. What is
-- known of them stands in rows of the agent's own, which can be dropped too: cause is then lost:CAUSE.
CREATE TABLE untold (
  destination TEXT NOT NULL,
  gen         TEXT NOT NULL,
  cause       TEXT NOT NULL,
  start       INTEGER NOT NULL,
  stop        INTEGER NOT NULL,
  PRIMARY KEY (destination, gen, cause, start)
) STRICT, WITHOUT ROWID;
