//! What a person decides of timings: they are in the fits, or out of them, whatever the others let expect.

use crate::store::error::StoreError;
use crate::store::sql;
use crate::store::tables::audit::{Action, Deed, Entry, Object, note};
use crate::store::tables::changes::{Change, OF_UPLOAD, ONE};
use crate::store::tables::measurements::Ruling;

/// What a person decides.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether the timings are in the fits from now on, or out of them.
    pub ruling: Ruling,
    /// Why.
    pub reason: String,
    /// Who decides it, and when.
    pub deed: Deed,
}

/// How far a decision went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ruled {
    /// Timings that it is about.
    pub timings: u64,
    /// Of those, how many it put into the fits, or out of them.
    pub moved: u64,
}

impl Change {
    /// Decides on the timings of `object`: an upload's are all that it stands for, and those that are out now are decided on
    /// for when they come back.
    ///
    /// # Errors
    /// Where the database does not answer, or the disk is full.
    pub async fn rule(&mut self, object: Object, decision: &Decision) -> Result<Ruled, StoreError> {
        let Decision {
            ruling,
            reason,
            deed,
        } = decision;
        let (which, id) = match object {
            Object::Upload(id) => (OF_UPLOAD, id),
            Object::Measurement(id) => (ONE, id),
            // Nothing is decided of these here.
            Object::Token(_) | Object::Database(_) => return Ok(Ruled::default()),
        };
        self.touch(which, id).await?;
        let (held, action) = match ruling {
            Ruling::In => (false, Action::Release),
            Ruling::Out => (true, Action::Hold),
        };
        let sql = "update touched set held = $1, ruled = case when measurement in (
                       select id from measurements where ruling is distinct from $2) then 1 else 0 end
                   where named = 1";
        let query = sql::query(sql).bind(i64::from(held)).bind(ruling.as_str());
        query.execute(self.connection()).await?;
        let kept = "insert into rulings (version, measurement, was)
                    select $1, id, ruling from measurements
                    where id in (select measurement from touched where ruled = 1)";
        let query = sql::query(kept).bind(self.version());
        query.execute(self.connection()).await?;
        let sql = "update measurements set ruling = $1, quarantined = $2
                   where id in (select measurement from touched where named = 1)";
        let told = held.then(|| format!("held out: {reason}"));
        let query = sql::query(sql).bind(ruling.as_str()).bind(told);
        query.execute(self.connection()).await?;
        // Of a timing that was sent in two ways the one that nobody holds out is in.
        let swapped = self.settle(deed.at).await?;
        let sql = "update touched set ruled = 0 where live = 0 or wins = 0";
        sql::query(sql).execute(self.connection()).await?;
        let sql = "insert into moves (version, measurement)
                   select $1, measurement from touched where ruled = 1 and doubted <> $2 order by measurement";
        let query = sql::query(sql).bind(self.version()).bind(i64::from(held));
        let moved = query.execute(self.connection()).await?;
        let sql = "select count(*) from touched where named = 1";
        let timings: i64 = sql::query_scalar(sql).fetch_one(self.connection()).await?;
        let entry = Entry {
            deed,
            action,
            object,
            timings,
            reason: Some(reason),
        };
        note(self.connection(), &entry).await?;
        Ok(Ruled {
            timings: u64::try_from(timings).unwrap_or_default(),
            moved: moved + swapped.timings,
        })
    }
}
