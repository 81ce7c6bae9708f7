//! What the paper prints: the lines of each of its figures, their errors, and the times of its Fig. 2.
//!
//! Errors are those of `data/accuracy.csv`. Of the times of Figs. 1 and 4 to 8 no number is published; those of Fig. 2 are of
//! many of the same nets, and come with the service (`data/seed/v100x8-paper.csv`).

use std::sync::LazyLock;

use crate::net::scaling::{Exponents, RawScaling};
use crate::net::{Net, Scaling};
use crate::plan::accuracy::{Point as Trained, Published, alike};
use crate::timing::Measurement;
use crate::timing::data::seed;

/// A figure of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaperFigure {
    /// By dwr, dw, dWr and w: the figure's lower half.
    #[default]
    One,
    /// EfficientNet-B0 by d, w, r and dwr.
    Four,
    /// The same of RegNetY-500MF and RegNetZ-500MF.
    Five,
    /// EfficientNet-B0 by α = 1/3, 2/3, 0.8 and 1.
    Six,
    /// The same of RegNetY-500MF and RegNetZ-500MF.
    Seven,
    /// Fast scaling of several nets, beside EfficientNet-B0 to B5.
    Eight,
}

/// A line of a figure: a net and how it is scaled.
pub(super) struct Line {
    pub(in crate::chart) name: String,
    pub(super) published: &'static Published,
    pub(in crate::chart) way: Scaling,
}

/// A scaled net: factor, flops, and what is shown of it.
pub(in crate::chart) type Place = (f64, f64, f64);

/// A time of the paper: of its Fig. 2, read off the plot.
pub(super) struct PaperTime {
    base: String,
    way: Exponents,
    pub(in crate::chart) factor: f64,
    pub(super) flops: f64,
    pub(super) seconds_per_image: f64,
    pub(in crate::chart) source: String,
}

/// The platform that has the paper's timings.
pub const PLATFORM: &str = "v100x8-paper";
/// Factors along a line.
const STEPS: u32 = 64;

impl PaperFigure {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::One,
        Self::Four,
        Self::Five,
        Self::Six,
        Self::Seven,
        Self::Eight,
    ];

    /// Its number.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Four => 4,
            Self::Five => 5,
            Self::Six => 6,
            Self::Seven => 7,
            Self::Eight => 8,
        }
    }

    /// The nets of which one at a time is shown; none where all are shown at once.
    #[must_use]
    pub fn nets(self) -> &'static [&'static str] {
        match self {
            Self::One => &["EfficientNet-B0", "RegNetZ-500MF"],
            Self::Four | Self::Six => &["EfficientNet-B0"],
            Self::Five | Self::Seven => &["RegNetY-500MF", "RegNetZ-500MF"],
            Self::Eight => &[],
        }
    }

    /// `net`, else the first that the figure has.
    fn net(self, net: Option<&'static str>) -> &'static str {
        net.or_else(|| self.nets().first().copied())
            .unwrap_or_default()
    }

    /// Its lines, of `net` where it has several.
    pub(super) fn lines(self, net: Option<&'static str>) -> Vec<Line> {
        let net = self.net(net);
        let strategies = |names: &[&str]| {
            let lines = names.iter();
            let lines = lines.filter_map(|name| line(name, net, Some((*name).to_owned()), None));
            lines.collect()
        };
        match self {
            Self::One => strategies(&["dwr", "dw", "dWr", "w"]),
            Self::Four | Self::Five => strategies(&["d", "w", "r", "dwr"]),
            Self::Six | Self::Seven => {
                let shares = [
                    ("α 1/3", 1.0 / 3.0),
                    ("α 2/3", 2.0 / 3.0),
                    ("α 0.8", 0.8),
                    ("α 1", 1.0),
                ];
                let lines = shares.iter();
                let lines = lines.filter_map(|(name, alpha)| line(name, net, None, Some(*alpha)));
                lines.collect()
            }
            Self::Eight => {
                let nets = [
                    "EfficientNet-B0",
                    "RegNetY-500MF",
                    "RegNetZ-500MF",
                    "RegNetY-4GF",
                    "RegNetZ-4GF",
                ];
                nets.iter().filter_map(|net| Line::fast(net)).collect()
            }
        }
    }

    /// What it is of.
    pub(super) fn subject(self, net: Option<&'static str>) -> String {
        match self {
            Self::Eight => "fast scaling (dWr) beside EfficientNet-B0 to B5".to_owned(),
            _ => format!("{}, scaled", self.net(net)),
        }
    }
}

fn line(name: &str, net: &str, strategy: Option<String>, alpha: Option<f64>) -> Option<Line> {
    let raw = RawScaling {
        strategy,
        alpha,
        factor: 1.0,
        ..RawScaling::default()
    };
    Some(Line {
        name: name.to_owned(),
        published: Published::all().iter().find(|known| known.name() == net)?,
        way: Scaling::try_from(raw).ok()?,
    })
}

impl Line {
    /// `net` by fast scaling, under its own name.
    pub(super) fn fast(net: &str) -> Option<Self> {
        line(net, net, Some("dWr".to_owned()), None)
    }

    /// The published points, of whatever figure.
    pub(super) fn trained(&self) -> Vec<&Trained> {
        self.published.points(&self.way)
    }

    /// The paper's times of these very nets.
    pub(super) fn timed(&self) -> impl Iterator<Item = &'static PaperTime> {
        let (base, way) = (self.published.name(), self.way.exponents());
        let own = move |time: &&PaperTime| time.base == base && alike(&time.way, &way);
        times().iter().filter(own)
    }

    /// `value` of the scaled nets by factors between `ends`, by flops, one for each net.
    pub(in crate::chart) fn along(
        &self,
        (from, to): (f64, f64),
        value: impl Fn(&Scaling, &Net) -> Option<f64>,
    ) -> Vec<Place> {
        let factors = (0..=STEPS).map(|i| from * (to / from).powf(f64::from(i) / f64::from(STEPS)));
        let places = factors.filter_map(|factor| {
            let scaling = self.way.at(factor)?;
            let net = scaling.apply(self.published.base()).ok()?;
            let value = value(&scaling, &net)?;
            Some((factor, net.complexity().flops.as_f64(), value))
        });
        let mut places: Vec<Place> = places.collect();
        places.sort_by(|a, b| a.1.total_cmp(&b.1));
        places.dedup_by(|a, b| a.1.to_bits() == b.1.to_bits());
        places
    }
}

/// All times of the paper.
fn times() -> &'static [PaperTime] {
    static TIMES: LazyLock<Vec<PaperTime>> = LazyLock::new(|| {
        let (_, rows) = seed::built_in().unwrap_or_default();
        rows.into_iter().filter_map(paper_time).collect()
    });
    &TIMES
}

fn paper_time(row: Measurement) -> Option<PaperTime> {
    if row.platform.as_str() != PLATFORM {
        return None;
    }
    let way = Scaling::try_from(row.raw.scaling?).ok()?;
    Some(PaperTime {
        base: row.raw.model?.get("name")?.as_str()?.to_owned(),
        way: way.exponents(),
        factor: way.factor(),
        flops: row.subject.complexity().flops.as_f64(),
        seconds_per_image: row.time.seconds_per_image(),
        source: row.raw.source?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_of_the_paper_is_known_by_its_net_and_its_scaling() {
        assert_eq!(times().len(), 187);
        let of = |line: Option<Line>| line.unwrap().timed().count();
        let by = |net, name: &str| line(name, net, Some(name.to_owned()), None);
        assert_eq!(
            ["dwr", "dw", "dWr", "w", "d"].map(|name| of(by("EfficientNet-B0", name))),
            [16, 16, 16, 16, 0]
        );
        // The paper's RegNets kept their group width under dwr, which those of its errors did not.
        assert_eq!(
            ["dwr", "dWr", "w"].map(|name| of(by("RegNetY-500MF", name))),
            [0, 16, 16]
        );
        assert_eq!(of(line("α 0.8", "RegNetZ-500MF", None, Some(0.8))), 16);
    }

    #[test]
    fn every_figure_has_its_lines_of_each_of_its_nets() {
        for figure in PaperFigure::ALL {
            for net in figure.nets() {
                assert_eq!(figure.lines(Some(*net)).len(), 4, "{figure:?} {net}");
            }
        }
        assert_eq!(PaperFigure::Eight.lines(None).len(), 5);
    }
}
