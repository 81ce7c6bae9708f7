//! The tables of `docs/accuracy.md`, as they stand there.

use std::fmt::Write as _;

use crate::bench::{Bench, Outcome};
use crate::draw::{Case, Spread, draw};

/// Kinds of wrong rows: what they are called, how many rows are sent, the share that is wrong in percent, and their speed.
const KINDS: [(&str, usize, u32, f64); 35] = [
    ("none", 175, 0, 1.0),
    ("1 %, x1,000", 175, 1, 1e3),
    ("5 %, x1,000", 175, 5, 1e3),
    ("5 %, x60", 175, 5, 60.0),
    ("5 %, x8", 175, 5, 8.0),
    ("5 %, x4", 175, 5, 4.0),
    ("5 %, x3", 175, 5, 3.0),
    ("5 %, x2.2", 175, 5, 2.2),
    ("5 %, x2", 175, 5, 2.0),
    ("5 %, x1.3", 175, 5, 1.3),
    ("5 %, x1/2", 175, 5, 0.5),
    ("5 %, x1/3", 175, 5, 1.0 / 3.0),
    ("5 %, x1/8", 175, 5, 0.125),
    ("5 %, x1/60", 175, 5, 1.0 / 60.0),
    ("5 %, x1/1,000", 175, 5, 1e-3),
    ("20 %, x2", 175, 20, 2.0),
    ("20 %, x3", 175, 20, 3.0),
    ("20 %, x8", 175, 20, 8.0),
    ("20 %, x1/1,000", 175, 20, 1e-3),
    ("40 %, x8", 175, 40, 8.0),
    ("two labs, 1.3x apart", 175, 50, 1.3),
    ("first 25 x1,000, then 75 right", 100, 25, 1e3),
    ("100 rows: none", 100, 0, 1.0),
    ("60 rows: none", 60, 0, 1.0),
    ("60 rows: 20 %, x3", 60, 20, 3.0),
    ("20 rows: none", 20, 0, 1.0),
    ("20 rows: one x1,000", 20, 5, 1e3),
    ("20 rows: one x1/1,000", 20, 5, 1e-3),
    ("20 rows: one x4", 20, 5, 4.0),
    ("20 rows: 20 %, x3", 20, 20, 3.0),
    ("10 rows: none", 10, 0, 1.0),
    ("10 rows: one x1,000", 10, 10, 1e3),
    ("10 rows: one x1/1,000", 10, 10, 1e-3),
    ("10 rows: 20 %, x3", 10, 20, 3.0),
    ("10 rows: 20 %, x1/1,000", 10, 20, 1e-3),
];

/// Sizes of uploads, shares that are wrong, and their speeds.
const SIZES: [usize; 4] = [10, 60, 175, 1000];
const SHARES: [u32; 3] = [1, 5, 20];
const SPEEDS: [(&str, f64); 14] = [
    ("1.3", 1.3),
    ("2", 2.0),
    ("3", 3.0),
    ("4", 4.0),
    ("8", 8.0),
    ("60", 60.0),
    ("1,000", 1e3),
    ("1/1.3", 1.0 / 1.3),
    ("1/2", 0.5),
    ("1/3", 1.0 / 3.0),
    ("1/4", 0.25),
    ("1/8", 0.125),
    ("1/60", 1.0 / 60.0),
    ("1/1,000", 1e-3),
];
const SPREADS: [(&str, Spread); 3] = [
    ("scattered", Spread::Scattered),
    ("whole groups", Spread::Group),
    ("one sender", Spread::Sender),
];

/// What became of the nets of several draws.
#[derive(Default)]
struct Scores(Vec<Outcome>);

impl Scores {
    fn mean(&self, value: impl Fn(&Outcome) -> f64) -> f64 {
        100.0 * self.0.iter().map(value).sum::<f64>() / count(self.0.len())
    }

    /// What a share of `values` does not exceed.
    fn quantile(&self, share: f64, value: impl Fn(&Outcome) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        let below = |place: usize| count(place) < share * count(values.len());
        let place = (0..values.len()).take_while(|place| below(*place)).count();
        values.get(place).or(values.last()).copied().unwrap_or(0.0)
    }

    fn error(&self) -> f64 {
        self.mean(|one| one.error)
    }

    fn half(&self) -> f64 {
        self.mean(|one| one.half)
    }

    fn held(&self, level: usize) -> f64 {
        self.mean(|one| f64::from(u8::from(one.held[level])))
    }

    /// Error, half width (mean and median), and how often the 90 % interval held.
    fn told(&self) -> String {
        let middle = 100.0 * self.quantile(0.5, |one| one.half);
        format!(
            "{:.1} %, ±{:.0} (±{middle:.0}), {:.0}",
            self.error(),
            self.half(),
            self.held(1)
        )
    }
}

fn count(many: usize) -> f64 {
    f64::from(u32::try_from(many).unwrap_or(u32::MAX))
}

/// A row for each kind of wrong rows.
pub(crate) fn kinds(bench: &Bench, draws: u64) {
    println!(
        "| wrong rows, their speed | believed | judged | wrong rows out, or without weight | right ones |"
    );
    println!("| --- | --- | --- | --- | --- |");
    for (told, rows, percent, speed) in KINDS {
        let case = Case {
            rows,
            percent,
            speed,
            spread: Spread::Scattered,
        };
        let (mut believed, mut judged) = (Scores::default(), Scores::default());
        let mut kept_out = [[0_usize; 2]; 2];
        for number in 0..draws {
            let one = draw(&bench.own, case, number);
            let standing = bench.judged(&one.sent);
            let all = bench.believed(&one.sent);
            believed.0.extend(bench.outcomes(&all, &one.untouched));
            let outcomes = bench.outcomes(&standing.timings, &one.untouched);
            judged.0.extend(outcomes);
            for timing in &one.sent {
                let row = timing.sample.row;
                let [nothing, all] = &mut kept_out[usize::from(!one.wrong.contains(&row))];
                *all += 1;
                let out = standing.out.contains(&row) || standing.weightless.contains(&row);
                *nothing += usize::from(out);
            }
        }
        let [wrong, right] = kept_out.map(|[nothing, all]| format!("{nothing} of {all}"));
        let wrong = if percent == 0 { String::new() } else { wrong };
        println!(
            "| {told} | {} | {} | {wrong} | {right} |",
            believed.told(),
            judged.told()
        );
    }
}

/// A row for each size of upload, share of wrong rows and way in which they are spread; a column for each speed.
pub(crate) fn sizes(bench: &Bench, draws: u64) {
    let speeds = SPEEDS.map(|(word, _)| format!(" x{word} |")).concat();
    println!("| rows, wrong | none |{speeds}");
    println!("| --- | --- |{}", " --- |".repeat(SPEEDS.len()));
    for rows in SIZES {
        let clean = scores(bench, draws, clean(rows));
        let first = format!("{:.1} ±{:.0}", clean.error(), clean.half());
        for (word, spread) in SPREADS {
            for percent in SHARES {
                let mut cells = String::new();
                for (_, speed) in SPEEDS {
                    let case = Case {
                        rows,
                        percent,
                        speed,
                        spread,
                    };
                    let own = scores(bench, draws, case);
                    let more = own.error() - clean.error();
                    // Writing to a string cannot fail.
                    let _ = write!(cells, " {more:+.1} ±{:.0} |", own.half());
                }
                println!("| {rows}, {percent} % {word} | {first} |{cells}");
            }
        }
    }
}

/// How wide the intervals of right rows are, how often they hold, and how wide one would have to be that is the same for all nets.
pub(crate) fn interval(bench: &Bench, draws: u64) {
    let rows = 175;
    let scores = scores(bench, draws, clean(rows));
    println!(
        "{} nets: {}; held {:.1}, {:.1}, {:.1} at 80, 90, 95 %",
        scores.0.len(),
        scores.told(),
        scores.held(0),
        scores.held(1),
        scores.held(2)
    );
    let same = [0.8, 0.9, 0.95].map(|share| {
        let log = scores.quantile(share, |one| one.log.abs());
        format!("±{:.0}", 100.0 * log.exp_m1())
    });
    println!("the same for all nets: {}", same.join(", "));
}

fn clean(rows: usize) -> Case {
    Case {
        rows,
        percent: 0,
        speed: 1.0,
        spread: Spread::Scattered,
    }
}

/// `case` as the service judges it.
fn scores(bench: &Bench, draws: u64, case: Case) -> Scores {
    let mut scores = Scores::default();
    for number in 0..draws {
        let one = draw(&bench.own, case, number);
        let standing = bench.judged(&one.sent);
        let outcomes = bench.outcomes(&standing.timings, &one.untouched);
        scores.0.extend(outcomes);
    }
    scores
}
