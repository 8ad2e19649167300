//! Which process has which calls, when several serve one database.
//!
//! Every process has a row, whose beat it counts up every two seconds; the calls that it takes carry the row's id. A
//! call is taken from another process only if that one is dead: its lease is over by the database's clock, *and* its
//! beat stood still over several beats of ours. The second part matters after an outage of the database, when every
//! lease has run out and all of their owners are well. A clock that jumps delays the first part; so a beat that stands
//! still for much longer is enough by itself.
//!
//! A process that starts again in the same data directory has that directory's lock, so every earlier process of it
//! is certainly dead: it takes up their calls at once.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use crate::store::db::{Arg, Db, Tx, fetch};
use crate::store::fault::{Fault, limited};
use crate::store::{OPERATION_MAX, Store};

/// Between two beats.
pub const BEAT_EVERY: Duration = Duration::from_secs(2);

/// From a beat to the end of the lease.
const LEASE: Duration = Duration::from_secs(8);

/// Beats of ours, one after the other without a failure, over which a dead process's beat stood still.
const STILL_BEATS: u32 = 3;

/// The same, whatever the clock says.
const STILL_BEATS_ANY: u32 = 15;

/// Rows of processes that have been dead for so long, and that no call names, are forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Who a store writes for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lease {
    pub(crate) id: Uuid,
    home: Uuid,
}

/// What a beat found.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Beat {
    /// Somebody took us for dead, and may have taken our calls.
    pub was_lost: bool,
    /// Calls of dead processes that are ours now.
    pub taken: u64,
}

/// Keeps a process's lease and looks after those of the others.
pub struct LeaseKeeper {
    store: Store,
    lease: Lease,
    seen: HashMap<Option<Uuid>, Seen>,
}

/// How long another process's beat has stood still.
struct Seen {
    beat: i64,
    still: u32,
}

/// The database's clock in microseconds. The only statements that differ between the two.
const NOW_LITE: &str = "select cast((julianday('now') - 2440587.5) * 86400000000 as integer)";
const NOW_PG: &str = "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)";

const BEGIN: &str = "
    insert into leases (id, home, beat, ends_at) values ($1, $2, 0, $3)
    on conflict (id) do update set beat = leases.beat + 1, ends_at = excluded.ends_at";
const RENEW: &str = "update leases set beat = beat + 1, ends_at = $2 where id = $1";
const TAKE_HOME: &str = "
    update calls set lease = $1
    where outcome is null and channel = 'phone'
        and (lease is null or lease in (select id from leases where home = $2 and id <> $1))";
const END_HOME: &str = "delete from leases where home = $2 and id <> $1";
const FORGET: &str = "
    delete from leases where ends_at < $2 and id <> $1
        and not exists (select id from calls c where c.lease = leases.id and c.outcome is null)";
/// Calls that others have, by process. One whose row is gone has the beat -1.
const OTHERS: &str = "
    select distinct c.lease, coalesce(l.beat, -1), coalesce(l.ends_at, 0)
    from calls c left join leases l on l.id = c.lease
    where c.outcome is null and c.channel = 'phone' and (c.lease is null or c.lease <> $1)";
const END_OTHER: &str = "delete from leases where id = $1 and beat = $2";
const IS_THERE: &str = "select id from leases where id = $1";
const TAKE: &str = "update calls set lease = $1 where lease = $2 and outcome is null and channel = 'phone'";
const TAKE_NOBODYS: &str = "update calls set lease = $1 where lease is null and outcome is null and channel = 'phone'";
const LET_GO: &str = "update calls set lease = null where lease = $1 and outcome is null and channel = 'phone'";
const END: &str = "delete from leases where id = $1";

impl Store {
    /// The same store for a process that shares the database with others. `home` is the name of its data directory,
    /// whose lock it must have.
    #[must_use]
    pub fn leased(mut self, home: Uuid) -> Self {
        self.lease = Some(Lease { id: Uuid::new_v4(), home });
        self
    }

    pub(crate) fn lease(&self) -> Option<Uuid> {
        self.lease.map(|lease| lease.id)
    }

    /// `None`: a store for one process.
    pub fn lease_keeper(&self) -> Option<LeaseKeeper> {
        Some(LeaseKeeper { store: self.clone(), lease: self.lease?, seen: HashMap::new() })
    }

    async fn now(&self) -> Result<i64, sqlx::Error> {
        let sql = match self.db {
            Db::Lite { .. } => NOW_LITE,
            Db::Pg(_) => NOW_PG,
        };
        let (now,) = fetch!(&self.db, fetch_one, (i64,), sql)?;
        Ok(now)
    }
}

impl LeaseKeeper {
    /// Makes our row, and takes the calls that earlier processes of the same data directory left, with those that
    /// nobody has. Returns how many these are. To be called before the first call is taken.
    ///
    /// # Errors
    /// The database does not answer, or takes nothing; the next beat does it again.
    pub async fn begin(&mut self) -> Result<u64, Fault> {
        let Lease { id, home } = self.lease;
        let ours = [Arg::Id(id), Arg::Id(home)];
        limited(OPERATION_MAX, async {
            let now = self.store.now().await?;
            let mut tx = self.store.db.begin().await?;
            tx.execute(BEGIN, &[ours[0], ours[1], Arg::Int(now + micros(LEASE))]).await?;
            let taken = tx.execute(TAKE_HOME, &ours).await?;
            tx.execute(END_HOME, &ours).await?;
            tx.execute(FORGET, &[ours[0], Arg::Int(now - micros(FORGET_AFTER))]).await?;
            tx.commit().await?;
            Ok(taken)
        })
        .await
    }

    /// Where the database is, for people.
    pub fn place(&self) -> &str {
        self.store.place()
    }

    /// Renews our lease, and takes the calls of processes that are dead. To be called every `BEAT_EVERY`.
    ///
    /// # Errors
    /// The database does not answer, or takes nothing. What was seen of the others counts no more.
    pub async fn beat(&mut self) -> Result<Beat, Fault> {
        let beaten = self.try_beat().await;
        if beaten.is_err() {
            self.seen.clear();
        }
        beaten
    }

    async fn try_beat(&mut self) -> Result<Beat, Fault> {
        let id = Arg::Id(self.lease.id);
        let now = limited(OPERATION_MAX, self.store.now()).await?;
        let ends_at = Arg::Int(now + micros(LEASE));
        let mut beat = Beat::default();
        if limited(OPERATION_MAX, self.store.db.execute(RENEW, &[id, ends_at])).await? == 0 {
            beat.was_lost = true;
            beat.taken += self.begin().await?;
        }
        let others = limited(OPERATION_MAX, async {
            fetch!(&self.store.db, fetch_all, (Option<Uuid>, i64, i64), OTHERS, self.lease.id)
        });
        let others = others.await?;
        self.seen.retain(|lease, _| others.iter().any(|(other, ..)| other == lease));
        for (other, at, ends_at) in others {
            let seen = self.seen.entry(other).or_insert(Seen { beat: at, still: 0 });
            if seen.beat != at {
                *seen = Seen { beat: at, still: 0 };
                continue;
            }
            seen.still += 1;
            let is_dead = other.is_none() || seen.still > STILL_BEATS && ends_at <= now || seen.still > STILL_BEATS_ANY;
            if is_dead {
                beat.taken += self.take(other, at).await?;
                self.seen.remove(&other);
            }
        }
        Ok(beat)
    }

    /// Takes the calls of a process, unless it moved at this very moment.
    async fn take(&self, other: Option<Uuid>, beat: i64) -> Result<u64, Fault> {
        let ours = Arg::Id(self.lease.id);
        let taken = limited(OPERATION_MAX, async {
            let Some(other) = other else { return self.store.db.execute(TAKE_NOBODYS, &[ours]).await };
            let mut tx = self.store.db.begin().await?;
            let ended = tx.execute(END_OTHER, &[Arg::Id(other), Arg::Int(beat)]).await?;
            if ended == 0 && is_there(&mut tx, other).await? {
                return Ok(0);
            }
            let taken = tx.execute(TAKE, &[ours, Arg::Id(other)]).await?;
            tx.commit().await?;
            Ok(taken)
        });
        let taken = taken.await?;
        if taken > 0 {
            tracing::warn!(calls = taken, "another process is gone; its calls are taken up here");
            metrics::counter!("switchboard_leases_taken_total").increment(1);
        }
        Ok(taken)
    }

    /// Gives the lease back at a shutdown, with what is still open: whoever looks next takes it up at once.
    ///
    /// # Errors
    /// The database does not answer; the lease runs out by itself.
    pub async fn end(&mut self) -> Result<(), Fault> {
        let ours = [Arg::Id(self.lease.id)];
        limited(OPERATION_MAX, async {
            let mut tx = self.store.db.begin().await?;
            tx.execute(LET_GO, &ours).await?;
            tx.execute(END, &ours).await?;
            tx.commit().await
        })
        .await
    }
}

async fn is_there(tx: &mut Tx, lease: Uuid) -> Result<bool, sqlx::Error> {
    let found = crate::store::db::fetch_in!(tx, fetch_optional, (Uuid,), IS_THERE, lease)?;
    Ok(found.is_some())
}

/// Far below what 64 bits hold.
const fn micros(duration: Duration) -> i64 {
    duration.as_micros() as i64
}
