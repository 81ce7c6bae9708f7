//! The parameters that all charts share: how they are to look.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::chart::{Look, Place, Theme};
use crate::http::extract::query::{Written, within};
use crate::json::Invalid;

/// Names of the parameters.
pub(super) const NAMES: [&str; 5] = ["theme", "width", "height", "inline", "as_of"];

/// How a chart is to look; a table (`.csv`) has no looks, but takes the same parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LookParams {
    /// Its colours; default: what the reader's system prefers.
    #[param(inline)]
    theme: Option<ThemeName>,
    /// Width in pixels, 280 to 2,000, default 720.
    #[param(value_type = Option<f64>, minimum = 280, maximum = 2000)]
    width: Option<Written<f64>>,
    /// Height in pixels, 160 to 2,000, default 440; a chart that needs more for its title and legend is higher.
    #[param(value_type = Option<f64>, minimum = 160, maximum = 2000)]
    height: Option<Written<f64>>,
    /// For a page that takes the SVG into its document: without a style of its own (`/v1/charts/style.css` has it), and
    /// each point an image of its own to those who do not see it. Default false.
    #[param(value_type = Option<bool>)]
    inline: Option<Written<bool>>,
    /// The state of the data that a page of this service was made of, as the page was told. As long as that is the state, a
    /// browser may keep the chart for a week without asking; of any other, it gets what there is now.
    pub(super) as_of: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ThemeName {
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

impl TryFrom<LookParams> for Look {
    type Error = Invalid;

    fn try_from(params: LookParams) -> Result<Self, Invalid> {
        let length = |name, given: Option<Written<f64>>, default, least| {
            let Written(length) = given.unwrap_or(Written(default));
            within(name, length, (least, 2000.0))
        };
        let standard = Self::default();
        Ok(Self {
            width: length("width", params.width, standard.width, 280.0)?,
            height: length("height", params.height, standard.height, 160.0)?,
            theme: match params.theme {
                None => Theme::System,
                Some(ThemeName::Light) => Theme::Light,
                Some(ThemeName::Dark) => Theme::Dark,
            },
            place: match params.inline {
                Some(Written(true)) => Place::Page,
                _ => Place::Alone,
            },
        })
    }
}
