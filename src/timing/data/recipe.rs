//! A recipe: what is done to a net on a GPU, which changes its time as much as another GPU does.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::platform::{MemoryFormat, Platform, Precision};
use crate::json::{Invalid, nearest};

/// What runs the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Software {
    /// A framework, layer by layer.
    Eager,
    /// A compiler: torch.compile, XLA or `TensorRT`.
    Compiled,
    /// A vendor's container with fused kernels.
    Tuned,
}

impl Software {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Eager, Self::Compiled, Self::Tuned];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Compiled => "compiled",
            Self::Tuned => "tuned",
        }
    }

    /// That of a platform: compiled where it says so, tuned where its framework came in a container of NVIDIA's (`NGC`).
    fn of(platform: &Platform) -> Self {
        let framework = platform.framework.as_deref().unwrap_or_default();
        let mut words = framework.split(|c: char| !c.is_ascii_alphanumeric());
        if platform.compiled == Some(true) {
            Self::Compiled
        } else if words.any(|word| word.eq_ignore_ascii_case("ngc")) {
            Self::Tuned
        } else {
            Self::Eager
        }
    }
}

/// Precision, memory format and software.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Recipe {
    /// Arithmetic of the layers.
    pub precision: Precision,
    /// Order of an activation's dimensions.
    pub memory_format: MemoryFormat,
    /// What runs the layers.
    pub software: Software,
}

/// What is meant where nothing is said: mixed precision, with all else as a framework does it by itself. So ran three
/// of the four sources of 16-bit timings in the published record (docs/gpus.md).
impl Default for Recipe {
    fn default() -> Self {
        Self {
            precision: Precision::Amp,
            memory_format: MemoryFormat::ChannelsFirst,
            software: Software::Eager,
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [precision, format, software] = self.words();
        write!(f, "{precision}, {format}, {software}")
    }
}

impl Recipe {
    /// That of a platform; `None` where its precision is not known. What else it does not say is as a framework does it by itself.
    #[must_use]
    pub fn of(platform: &Platform) -> Option<Self> {
        let unsaid = Self::default();
        Some(Self {
            precision: platform.precision?,
            memory_format: platform.memory_format.unwrap_or(unsaid.memory_format),
            software: Software::of(platform),
        })
    }

    /// The recipe that `words` name, in any order.
    ///
    /// # Errors
    /// Where one is none of ours, or two name the same part.
    pub fn read<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, Invalid> {
        let mut said = Said::default();
        for word in words {
            said.add(word)?;
        }
        let unsaid = Self::default();
        Ok(Self {
            precision: said.precision.unwrap_or(unsaid.precision),
            memory_format: said.memory_format.unwrap_or(unsaid.memory_format),
            software: said.software.unwrap_or(unsaid.software),
        })
    }

    /// The words for it.
    #[must_use]
    pub const fn words(self) -> [&'static str; 3] {
        let Self {
            precision,
            memory_format,
            software,
        } = self;
        [
            precision.as_str(),
            memory_format.as_str(),
            software.as_str(),
        ]
    }
}

/// What words have said so far.
#[derive(Default)]
struct Said {
    precision: Option<Precision>,
    memory_format: Option<MemoryFormat>,
    software: Option<Software>,
}

impl Said {
    fn add(&mut self, word: &str) -> Result<(), Invalid> {
        let precision = Precision::ALL.into_iter().find(|p| p.as_str() == word);
        let format = MemoryFormat::ALL.into_iter().find(|f| f.as_str() == word);
        let software = Software::ALL.into_iter().find(|s| s.as_str() == word);
        let before = match (precision, format, software) {
            (Some(new), _, _) => self.precision.replace(new).map(Precision::as_str),
            (_, Some(new), _) => self.memory_format.replace(new).map(MemoryFormat::as_str),
            (_, _, Some(new)) => self.software.replace(new).map(Software::as_str),
            _ => return Err(unknown(word)),
        };
        let Some(before) = before else {
            return Ok(());
        };
        let detail = format!("`{before}` and `{word}` cannot both be meant");
        Err(Invalid::at("", word, detail, "name one of them"))
    }
}

fn unknown(word: &str) -> Invalid {
    let precisions = Precision::ALL.map(Precision::as_str).into_iter();
    let formats = MemoryFormat::ALL.map(MemoryFormat::as_str);
    let known: Vec<&str> = precisions
        .chain(formats)
        .chain(Software::ALL.map(Software::as_str))
        .collect();
    let detail = format!("`{word}` is no precision, memory format or software");
    Invalid::at("", word, detail, nearest(word, &known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Recipe, Invalid> {
        Recipe::read(words.split(':').filter(|word| !word.is_empty()))
    }

    fn refusal(words: &str) -> (String, String) {
        let error = read(words).unwrap_err().0.remove(0);
        (error.detail, error.hint)
    }

    #[test]
    fn parts_stand_in_any_order_and_unsaid_ones_are_a_frameworks_own() {
        let asked = read("tuned:channels_last:bf16").unwrap();
        assert_eq!(asked, read("bf16:tuned:channels_last").unwrap());
        assert_eq!(asked.to_string(), "bf16, channels_last, tuned");
        assert_eq!(read("").unwrap().to_string(), "amp, channels_first, eager");
    }

    #[test]
    fn every_recipe_is_read_as_it_is_written() {
        for precision in Precision::ALL {
            for memory_format in MemoryFormat::ALL {
                for software in Software::ALL {
                    let recipe = Recipe {
                        precision,
                        memory_format,
                        software,
                    };
                    assert_eq!(Recipe::read(recipe.words().into_iter()).unwrap(), recipe);
                }
            }
        }
    }

    #[test]
    fn a_word_that_is_not_known_is_told_the_nearest() {
        assert_eq!(
            refusal("amp:chanels_last"),
            (
                "`chanels_last` is no precision, memory format or software".to_owned(),
                "did you mean `channels_last`?".to_owned()
            )
        );
        assert!(refusal("compile").1.contains("`compiled`"));
    }

    #[test]
    fn two_words_for_one_part_are_refused() {
        assert_eq!(
            refusal("compiled:tuned").0,
            "`compiled` and `tuned` cannot both be meant"
        );
        assert_eq!(refusal("amp:amp").0, "`amp` and `amp` cannot both be meant");
    }

    #[test]
    fn a_platform_is_tuned_where_its_framework_came_in_a_vendors_container() {
        let platform = |framework: &str, compiled| Platform {
            id: super::super::platform::PlatformId::new("other").unwrap(),
            device: "A100".to_owned(),
            device_count: 1,
            precision: Some(Precision::Amp),
            memory_format: None,
            compiled,
            framework: Some(framework.to_owned()),
        };
        let software = |framework, compiled| {
            let recipe = Recipe::of(&platform(framework, compiled)).unwrap();
            recipe.software
        };
        assert_eq!(software("pytorch NGC 21.03", None), Software::Tuned);
        assert_eq!(software("tensorflow NGC", Some(true)), Software::Compiled);
        assert_eq!(software("pytorch 2.9 cu128", Some(false)), Software::Eager);
    }
}
