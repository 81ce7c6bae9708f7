//! Growing a net along depth, width, group width and resolution.
//!
//! A rule says how the wanted growth s of the flops is shared: depth grows by `s^e_d`, and width, group width and
//! resolution by s^(e/2), since flops grow with their squares. Source: "Fast and Accurate Model Scaling" (Dollár, Singh,
//! Girshick, CVPR 2021), eqs. 4 to 6; quantised as in pycls, commit 5719de6, `pycls/models/scaler.py`.

mod growth;
mod matched;
mod raw;
mod rule;
pub mod steps;
pub mod written;

use std::sync::Arc;

use crate::json::{FieldError, Invalid};
use crate::net::Net;
use crate::net::blocks::Side;
use crate::net::complexity::Ratios;
use crate::net::families::anynet::{AnyNet, Stage};
use crate::net::graph::{Graph, Twin, Wider};
use crate::net::group::Group;
use crate::net::spec::Spec;
use crate::units::to_f64;
use growth::{Growth, nearest_multiple};
pub use raw::RawScaling;
pub use rule::{Exponents, STRATEGIES, Strategy, reference};
use rule::{Rule, fast};
use steps::{Dimension, Down, Up};

/// Resolutions become multiples of the first; those of a graph that does not fit there, of the next that it fits.
const SIDE_STEPS: [u32; 6] = [4, 8, 16, 32, 64, 128];

/// A checked rule with its factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    rule: Rule,
    factor: f64,
    /// Whether the widths make up for what is missed of the factor.
    matched: bool,
}

impl Scaling {
    /// The strategy called `name`, by `factor`.
    #[must_use]
    pub fn by_strategy(strategy: Strategy, factor: f64) -> Option<Self> {
        (factor.is_finite() && factor > 0.0).then_some(Self {
            rule: Rule::Strategy(strategy),
            factor,
            matched: false,
        })
    }

    /// The same rule by another factor; `None` where that is not positive and finite.
    #[must_use]
    pub fn at(&self, factor: f64) -> Option<Self> {
        (factor.is_finite() && factor > 0.0).then(|| Self {
            factor,
            ..self.clone()
        })
    }

    /// The wanted growth s of the flops.
    #[must_use]
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// The shares e of the growth.
    #[must_use]
    pub fn exponents(&self) -> Exponents {
        match &self.rule {
            Rule::Strategy(strategy) => strategy.exponents,
            Rule::Alpha(alpha) => fast(*alpha),
            Rule::Reference(_, exponents) | Rule::Exponents(exponents) => *exponents,
        }
    }

    /// Whether nothing but the depth changes, which does not shrink as the factor grows.
    #[must_use]
    pub fn is_of_depth_alone(&self) -> bool {
        let Exponents { d, w, g, r } = self.exponents();
        d > 0.0 && [w, g, r].iter().all(|exponent| exponent.abs() == 0.0)
    }

    /// Whether a group width of 1 stays 1: a depthwise net stays depthwise, by the paper; the reference's strings and
    /// explicit exponents are taken at their word.
    fn keeps_depthwise(&self) -> bool {
        matches!(self.rule, Rule::Strategy(_) | Rule::Alpha(_))
    }

    /// What theory expects of a plain convolution (eqs. 1, 2 and 6): flops `s^(e_d+e_w+e_r)`, params `s^(e_d+e_w)`, acts
    /// `s^(e_d+e_w/2+e_r)`. For the fast family these are s, s^((1+α)/2) and s^(1-α/2).
    #[must_use]
    pub fn theory(&self) -> Ratios {
        let Exponents { d, w, r, .. } = self.exponents();
        let growth = |exponent: f64| self.factor.powf(exponent);
        Ratios {
            flops: growth(d + w + r),
            params: growth(d + w),
            acts: growth(d + w / 2.0 + r),
        }
    }

    /// `net` scaled by this rule and quantised: depths to whole blocks, widths and group widths to multiples of 8
    /// (small groups to 1, 2 or 4), resolutions to multiples of 4, all halves to even. A RegNet and a ResNet become the
    /// AnyNet that they equal; an EffNet's stem and head scale too, an AnyNet's do not.
    ///
    /// # Errors
    /// Where the net has no scaled form (a ViT, a ResNet with `stride_1x1`, multipliers that cannot be quantised) or
    /// the scaled one leaves the range that is counted; pointers are from the request: `/model/…` or `/scaling/…`.
    pub fn apply(&self, net: &Net) -> Result<Net, Invalid> {
        let scaled = self.applied(net, &self.growth())?;
        if self.matched {
            Ok(self.made_up(net, scaled))
        } else {
            Ok(scaled)
        }
    }

    /// `net` with its dimensions grown by `grow`.
    fn applied(&self, net: &Net, grow: &Growth) -> Result<Net, Invalid> {
        let spec = match net.spec() {
            Spec::RegNet(spec) => Spec::AnyNet(grow.anynet(spec.stages())?),
            Spec::AnyNet(spec) => Spec::AnyNet(grow.anynet(spec)?),
            Spec::ResNet(spec) => Spec::AnyNet(grow.anynet(&spec.as_anynet()?)?),
            Spec::EffNet(spec) => Spec::EffNet(grow.effnet(spec)?),
            Spec::Graph(graph) => return self.graph(net, graph, grow),
            Spec::Vit(_) => {
                let hint = "leave the scaling out, or scale a convolutional net";
                return Err(Invalid::at(
                    "/scaling",
                    self.factor,
                    "a ViT is counted but not scaled",
                    hint,
                ));
            }
        };
        let side = grow.side(net.side())?;
        Net::new(spec, side).map_err(|error| self.too_large(&error))
    }

    /// A graph, grown as the net of a family that it equals, else operator by operator.
    fn graph(&self, net: &Net, graph: &Graph, grow: &Growth) -> Result<Net, Invalid> {
        let from = net.side();
        let unchanged = [grow.d, grow.w, grow.g, grow.r]
            .iter()
            .all(|by| (by - 1.0).abs() < 1e-12);
        let of_twin = graph.twin().filter(|_| !unchanged);
        let of_twin = of_twin.map(|twin| self.twin(twin, graph.group(), from, grow));
        match of_twin {
            Some(Ok(scaled)) => Ok(scaled),
            // Its family may round what its operators need not: a multiplier of 8/3, say.
            Some(Err(error)) => self.operators(net, graph, grow).map_err(|_| error),
            None => self.operators(net, graph, grow),
        }
    }

    /// The net of a family that a graph equals, grown, as a graph where that is short enough.
    fn twin(
        &self,
        twin: &Twin,
        group: Option<&Group>,
        from: Side,
        grow: &Growth,
    ) -> Result<Net, Invalid> {
        let scaled = self.applied(&Net::new(twin.into(), from)?, grow)?;
        let Some(graph) = scaled.spec().twin().and_then(Graph::of) else {
            return Ok(scaled);
        };
        let graph = graph.in_group(group.cloned());
        Net::new(Spec::Graph(Arc::new(graph)), scaled.side())
    }

    /// A graph, grown operator by operator; of the resolutions near the wanted one, the finest step at which its shapes fit.
    fn operators(&self, net: &Net, graph: &Graph, grow: &Growth) -> Result<Net, Invalid> {
        let from = net.side();
        let wider = Wider {
            widths: grow.w,
            groups: grow.g,
        };
        let scaled = Spec::Graph(Arc::new(graph.scaled(
            net.growable(graph)?,
            grow.d,
            wider,
        )?));
        if (grow.r - 1.0).abs() < 1e-12 {
            return Net::new(scaled, from).map_err(|error| self.too_large(&error));
        }
        let mut first = None;
        for step in SIDE_STEPS {
            let pixels = nearest_multiple(f64::from(from.get()) * grow.r, step);
            let Some(side) = Side::new(pixels) else {
                let beyond = || grow.beyond(&format!("a resolution of {pixels}"));
                return Err(first.unwrap_or_else(beyond));
            };
            match Net::new(scaled.clone(), side) {
                Ok(net) => return Ok(net),
                Err(error) => {
                    let told = || match Net::new(scaled.clone(), from) {
                        Ok(_) => self.bound(&error, from),
                        Err(other) => self.too_large(&other),
                    };
                    first = first.or_else(|| Some(told()));
                }
            }
        }
        Err(first.unwrap_or_else(|| grow.beyond("no resolution fits")))
    }

    /// The factors from `most` down to `least`, one for each net that the rule makes of `net` on the way: the largest
    /// that gives it. Where the rule shrinks a dimension as the factor grows, that dimension's steps are left out.
    #[must_use]
    pub fn steps_down(&self, net: &Net, most: f64, least: f64) -> Down {
        Down::new(self.dimensions(net), most, least)
    }

    /// The same from `least` up to `most`: the smallest that gives each net.
    #[must_use]
    pub fn steps_up(&self, net: &Net, least: f64, most: f64) -> Up {
        Up::new(self.dimensions(net), least, most)
    }

    /// What [`Scaling::apply`] rounds. Whatever else it does depends on these alone.
    fn dimensions(&self, net: &Net) -> Vec<Dimension> {
        let Exponents { d, w, g, r } = self.exponents();
        let dimension = |size: u32, exponent: f64, step: f64| Dimension {
            size: f64::from(size),
            exponent,
            step,
        };
        let depth = |size: u32| dimension(size, d, 1.0);
        let width = |size: u32| dimension(size, w / 2.0, 8.0);
        let group = |size: u32| {
            let exponent = if size == 1 && self.keeps_depthwise() {
                0.0
            } else {
                g / 2.0
            };
            dimension(size, exponent, 1.0)
        };
        if let Spec::Graph(graph) = net.spec()
            && let Some(twin) = graph.twin()
            && let Ok(twin) = Net::new(twin.into(), net.side())
            && self.applied(&twin, &self.growth()).is_ok()
        {
            return self.dimensions(&twin);
        }
        let anynet = |net: &AnyNet| -> Vec<Dimension> {
            let stages = net.stages.iter();
            let of = |s: &Stage| {
                [
                    depth(s.depth),
                    width(s.width),
                    group(s.group_w.unwrap_or(1)),
                ]
            };
            stages.flat_map(of).collect()
        };
        let mut all = match net.spec() {
            Spec::RegNet(spec) => anynet(spec.stages()),
            Spec::AnyNet(spec) => anynet(spec),
            Spec::ResNet(spec) => spec
                .as_anynet()
                .map_or_else(|_| Vec::new(), |net| anynet(&net)),
            Spec::EffNet(spec) => {
                let stages = spec.stages.iter();
                let stages = stages.flat_map(|s| [depth(s.depth), width(s.width)]);
                let ends = [width(spec.stem_w), width(spec.head_w)];
                stages.chain(ends).collect()
            }
            Spec::Graph(graph) => self.dimensions_of_graph(net, graph),
            Spec::Vit(_) => Vec::new(),
        };
        let steps = match net.spec() {
            Spec::Graph(_) => &SIDE_STEPS[..],
            _ => &SIDE_STEPS[..1],
        };
        let side = f64::from(net.side().get());
        all.extend(steps.iter().map(|step| Dimension {
            size: side,
            exponent: r / 2.0,
            step: f64::from(*step),
        }));
        all
    }

    /// The blocks, widths and groups of a graph that no builder makes.
    fn dimensions_of_graph(&self, net: &Net, graph: &Graph) -> Vec<Dimension> {
        let Exponents { d, w, g, .. } = self.exponents();
        let of = |size: u64, exponent: f64, step: u64| Dimension {
            size: to_f64(size),
            exponent,
            step: to_f64(step),
        };
        let Ok(growable) = net.growable(graph) else {
            return Vec::new();
        };
        let depths = growable.depths().map(|depth| of(depth, d, 1));
        let rounded = growable.rounded();
        let widths = rounded.widths.iter();
        let widths = widths.map(|width| of(width.size, w / 2.0, width.step));
        let groups = rounded.groups.iter();
        let groups = groups.map(|group| of(group.size, g / 2.0, group.step));
        depths.chain(widths).chain(groups).collect()
    }

    fn growth(&self) -> Growth {
        let Exponents { d, w, g, r } = self.exponents();
        let by = |exponent: f64| self.factor.powf(exponent);
        let factor = self.factor;
        Growth {
            factor,
            d: by(d),
            w: by(w / 2.0),
            g: by(g / 2.0),
            r: by(r / 2.0),
            keeps_depthwise: self.keeps_depthwise(),
        }
    }

    /// An error of a net that takes images of `from`, and of no side near the wanted one.
    fn bound(&self, error: &Invalid, from: Side) -> Invalid {
        let field = |e: &FieldError| FieldError {
            pointer: "/scaling/factor".to_owned(),
            value: self.factor.into(),
            detail: format!(
                "this net takes images of {} pixels, and of no side near the scaled one: {}",
                from.get(),
                e.detail
            ),
            hint: "another factor, or a way that leaves the resolution as it is, such as dw"
                .to_owned(),
        };
        Invalid(error.0.iter().map(field).collect())
    }

    /// An error of the scaled net, told of the factor that made it.
    fn too_large(&self, error: &Invalid) -> Invalid {
        let field = |e: &FieldError| FieldError {
            pointer: "/scaling/factor".to_owned(),
            value: self.factor.into(),
            detail: format!("the scaled net cannot be counted: {}", e.detail),
            hint: "a factor nearer to 1, or another way to scale".to_owned(),
        };
        Invalid(error.0.iter().map(field).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::growth::Growth;
    use super::rule::named;
    use super::*;

    fn scaling(raw: RawScaling) -> Scaling {
        raw.try_into().unwrap()
    }

    #[test]
    fn alpha_four_fifths_is_fast_scaling_to_the_last_bit() {
        let fast = scaling(RawScaling {
            alpha: Some(0.8),
            factor: 4.0,
            ..RawScaling::default()
        });
        let named = scaling(RawScaling {
            strategy: Some("dWr".into()),
            factor: 4.0,
            ..RawScaling::default()
        });
        assert_eq!(fast.exponents(), named.exponents());
        assert_eq!(reference("d1_w8_g8_r1").unwrap(), named.exponents());
    }

    #[test]
    fn theory_of_fast_scaling_is_the_papers() {
        let theory = scaling(RawScaling {
            alpha: Some(0.5),
            factor: 4.0,
            ..RawScaling::default()
        })
        .theory();
        // eq. 6: s, s^((1+α)/2), s^(1-α/2); tolerance: the last bits of powf.
        for (got, exponent) in [
            (theory.flops, 1.0),
            (theory.params, 0.75),
            (theory.acts, 0.75),
        ] {
            assert!((got - 4f64.powf(exponent)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_groups_weight_counts_only_when_it_stands_alone() {
        assert_eq!(
            reference("g").unwrap(),
            Exponents {
                g: 2.0,
                ..Exponents::default()
            }
        );
        assert_eq!(
            reference("wg").unwrap(),
            Exponents {
                d: 0.0,
                w: 1.0,
                g: 1.0,
                r: 0.0
            }
        );
        assert_eq!(reference("").unwrap(), Exponents::default());
    }

    #[test]
    fn small_group_widths_become_powers_of_two() {
        let growth = |g| Growth {
            factor: 1.0,
            d: 1.0,
            w: 1.0,
            g,
            r: 1.0,
            keeps_depthwise: false,
        };
        let by = |g, group_w| growth(g).group_width(group_w).unwrap();
        assert_eq!(
            [by(1.0, 20), by(1.0, 5), by(1.0, 3), by(3.0, 1), by(1.5, 8)],
            [16, 4, 4, 4, 16]
        );
    }

    #[test]
    fn a_strategy_in_the_wrong_case_is_not_guessed() {
        let error = named("DWR").unwrap_err();
        assert!(error.0[0].hint.contains("case matters"));
    }

    #[test]
    fn two_forms_at_once_are_refused() {
        let raw = RawScaling {
            strategy: Some("d".into()),
            alpha: Some(0.5),
            factor: 2.0,
            ..RawScaling::default()
        };
        assert!(Scaling::try_from(raw).is_err());
    }
}
