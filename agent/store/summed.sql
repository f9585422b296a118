-- CRC-32 of what a row holds, in two parts (see checksum.ts); NULL in rows of an older tailship.
ALTER TABLE spool ADD COLUMN head_sum INTEGER;
ALTER TABLE spool ADD COLUMN body_sum INTEGER;
ALTER TABLE refused ADD COLUMN head_sum INTEGER;
ALTER TABLE refused ADD COLUMN body_sum INTEGER;
