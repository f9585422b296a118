-- Bytes that the payload had before it was compressed with zstd; NULL where it is stored as it was.
ALTER TABLE spool ADD COLUMN size INTEGER;
