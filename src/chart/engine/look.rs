//! How a chart is to look: its size, its colours, and whether a page brings the style sheet.

/// How a chart is to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels; a chart whose title and legend leave too little of it grows.
    pub height: f64,
    /// Its colours.
    pub theme: Theme,
    /// Where it stands.
    pub place: Place,
}

/// Colours of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// What the reader's system prefers.
    #[default]
    System,
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

/// Where a chart stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// For itself, or in an `img`: it carries its style, and reads as one image.
    #[default]
    Alone,
    /// Within a page that has the style sheet ([`sheet`]): it carries none, and each point reads as an image of its own.
    Page,
}

const SHAPES: &str = include_str!("../css/style.css");
const LIGHT: &str = include_str!("../css/light.css");
const DARK: &str = include_str!("../css/dark.css");

impl Default for Look {
    fn default() -> Self {
        Self {
            width: 720.0,
            height: 440.0,
            theme: Theme::System,
            place: Place::Alone,
        }
    }
}

impl Theme {
    /// The style sheet of a chart that stands for itself.
    pub(super) fn sheet(self) -> String {
        match self {
            Self::System => format!("{SHAPES}{LIGHT}@media (prefers-color-scheme:dark){{{DARK}}}"),
            Self::Light => format!("{SHAPES}{LIGHT}"),
            Self::Dark => format!("{SHAPES}{DARK}"),
        }
    }
}

/// The style sheet for charts within a page, whose root may choose by `data-theme="light"` or `"dark"`.
#[must_use]
pub fn sheet() -> String {
    let chosen = |theme: &str, colours: &str| {
        colours.replacen(
            ".chart-svg{",
            &format!(":root[data-theme={theme}] .chart-svg{{"),
            1,
        )
    };
    let (light, dark) = (chosen("light", LIGHT), chosen("dark", DARK));
    let system = Theme::System.sheet();
    format!("{system}{light}{dark}")
}
