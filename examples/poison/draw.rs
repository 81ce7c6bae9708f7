//! Rows to send, those of them that are wrong, and nets to predict; a function of the number of the draw.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use epochcast::net::Group;
use epochcast::timing::Timing;

/// Nets that are not sent.
const UNTOUCHED: usize = 40;
/// By how much a repeat of a row differs, at most.
const REPEATS: f64 = 0.02;

/// How wrong rows are spread over an upload.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Spread {
    /// Any of them.
    Scattered,
    /// Whole timing groups, one after the other.
    Group,
    /// All of one sender, who has timed nets that another has sent right.
    Sender,
}

/// What is sent.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) rows: usize,
    /// How many of them are wrong, in percent.
    pub(crate) percent: u32,
    /// By which factor their speed is.
    pub(crate) speed: f64,
    pub(crate) spread: Spread,
}

impl Case {
    /// How many rows are wrong: at least one, where any is to be.
    fn wrong(self) -> usize {
        let percent = usize::try_from(self.percent).unwrap_or_default();
        let many = (self.rows * percent + 50) / 100;
        many.max(usize::from(percent > 0))
    }
}

/// What one draw sends.
pub(crate) struct Drawn<'a> {
    pub(crate) sent: Vec<Timing>,
    pub(crate) wrong: HashSet<i64>,
    pub(crate) untouched: Vec<&'a Timing>,
}

/// One draw of `case` from the rows `own`.
pub(crate) fn draw(own: &[Timing], case: Case, number: u64) -> Drawn<'_> {
    let mixed = |bits: u64| mixed(bits, number);
    let nets: BTreeSet<_> = own
        .iter()
        .map(|t| (mixed(t.sample.net.bits()), t.sample.net))
        .collect();
    let left: BTreeSet<_> = nets.iter().take(UNTOUCHED).map(|(_, net)| *net).collect();
    let of_net = |t: &&Timing| left.contains(&t.sample.net);
    let untouched = own.iter().filter(of_net).collect();
    let mut all: Vec<Timing> = own.iter().filter(|t| !of_net(t)).cloned().collect();
    all.sort_by_key(|t| (mixed(t.sample.net.bits()), t.sample.identity));
    let many = case.wrong();
    let right = match case.spread {
        Spread::Sender => case.rows - many,
        Spread::Scattered | Spread::Group => case.rows,
    };
    let mut sent = repeated(&all, right);
    sent.sort_by_key(|t| mixed(t.sample.identity));
    let of_others = match case.spread {
        Spread::Sender => repeats_of(&sent, many),
        Spread::Scattered => Vec::new(),
        Spread::Group => {
            by_group(&mut sent, number);
            Vec::new()
        }
    };
    // Those that are wrong come first.
    sent.splice(0..0, of_others);
    let mut wrong = HashSet::new();
    for timing in sent.iter_mut().take(many) {
        wrong.insert(timing.sample.row);
        timing.sample.ms /= case.speed;
    }
    Drawn {
        sent,
        wrong,
        untouched,
    }
}

fn mixed(bits: u64, number: u64) -> u64 {
    (bits ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

/// The first `rows` of `all`, and repeats of them where they are not so many.
fn repeated(all: &[Timing], rows: usize) -> Vec<Timing> {
    let turns = (0..).map(|turn| all.iter().map(move |timing| repeat(timing, turn)));
    turns.flatten().take(rows).collect()
}

/// Repeats of the first `rows` of `sent`.
fn repeats_of(sent: &[Timing], rows: usize) -> Vec<Timing> {
    let all = sent.iter().cycle().take(rows);
    (100..).zip(all).map(|(turn, t)| repeat(t, turn)).collect()
}

/// `timing` as it is at its `turn`: the first time as it was, then otherwise by up to 2 %.
fn repeat(timing: &Timing, turn: u64) -> Timing {
    let mut again = timing.clone();
    if turn > 0 {
        let sample = &mut again.sample;
        sample.identity = mixed(sample.identity, turn).wrapping_mul(0x94d0_49bb_1331_11eb);
        let places = u32::try_from(sample.identity >> 40).unwrap_or_default();
        let place = f64::from(places) / f64::from(1_u32 << 24);
        sample.ms *= 1.0 + REPEATS * (2.0 * place - 1.0);
        sample.row += 1_000_000 * i64::try_from(turn).unwrap_or_default();
    }
    again
}

/// Puts rows of one group beside each other, the groups in an order of the draw.
fn by_group(sent: &mut [Timing], number: u64) {
    let groups: BTreeSet<Group> = sent.iter().map(|t| t.group.clone()).collect();
    let place = |(place, group): (u64, Group)| (group, mixed(place + 1, number));
    let order: BTreeMap<Group, u64> = (0..).zip(groups).map(place).collect();
    sent.sort_by_key(|t| order.get(&t.group).copied());
}
