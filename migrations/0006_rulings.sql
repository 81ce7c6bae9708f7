-- What a person has decided of a timing, whatever the others let expect. Null: nothing, and it is judged; `out`: it is held out of
-- the fits; `in`: it is in them.
alter table measurements add column ruling text;

-- What came with such a verdict was never judged.
update measurements set ruling = 'out' where quarantined = 'kept out of the fits where it was exported';
