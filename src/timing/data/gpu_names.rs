//! What GPUs are called: by drivers, in the names of devices, and by people, in questions.

use std::collections::BTreeSet;

use super::gpus::Gpu;
use crate::json::{Invalid, nearest};

/// Words that make another product of a GPU, unless they are among those it is known by.
const OTHERS: [&str; 11] = [
    "d", "g", "laptop", "max", "mig", "mobile", "nvl", "s", "sff", "super", "ti",
];
/// Words that tell no GPU from another.
const SILENT: [&str; 9] = [
    "card",
    "edition",
    "geforce",
    "generation",
    "gpu",
    "graphics",
    "nvidia",
    "tensor",
    "tesla",
];
/// Words of what NVIDIA does not make.
const OTHER_MAKERS: [&str; 10] = [
    "amd", "arc", "gaudi", "instinct", "intel", "mi", "radeon", "rx", "tpu", "trainium",
];
/// Most GPUs that one name is taken to mean: what could be more means none.
const MOST_MEANT: usize = 8;

impl Gpu {
    /// The one called `id`, by its name here or as people write it (`RTX A6000`, `4070 ti super`), or the refusal that names
    /// the nearest.
    ///
    /// # Errors
    /// Where none is called so, or several.
    pub fn named(id: &str) -> Result<&'static Self, Invalid> {
        match Self::meant(id).as_slice() {
            [one] => Ok(one),
            [] => Err(unknown(id)),
            several => {
                let names: Vec<String> =
                    several.iter().map(|gpu| format!("`{}`", gpu.id)).collect();
                let detail = format!("`{id}` may be any of {} GPUs", names.len());
                let hint = format!("name one: {}", names.join(", "));
                Err(Invalid::at("", id, detail, hint))
            }
        }
    }

    /// Those that `name` may mean: none, one, or the few of which it does not say which.
    #[must_use]
    pub fn meant(name: &str) -> Vec<&'static Self> {
        let typed = words(name);
        let wanted = joined(&typed);
        let is_wanted = |gpu: &&Self| joined(&words(&gpu.id)) == wanted;
        if let Some(gpu) = Self::all().iter().find(is_wanted) {
            return vec![gpu];
        }
        let model = model(&typed);
        if model.is_empty() {
            return Vec::new();
        }
        let telling: Vec<&str> = telling(&typed).map(|(_, word)| word).collect();
        let has = |gpu: &&Self| {
            let known = gpu.all_words();
            telling.iter().all(|word| known.iter().any(|k| k == word))
        };
        let mut found: Vec<&Self> = Self::all().iter().filter(has).collect();
        // A 4070 is no 4070 Ti, though that has all of its words.
        let is_model = |gpu: &&Self| self::model(&words(&gpu.device)) == model;
        if found.iter().any(is_model) {
            found.retain(is_model);
        }
        if found.len() > MOST_MEANT {
            return Vec::new();
        }
        found
    }

    /// The one that the name of a platform's device means, such as `Tesla V100-SXM2-16GB`.
    #[must_use]
    pub fn of_device(device: &str) -> Option<&'static Self> {
        let words = words(device);
        let meant = Self::all().iter().filter(|gpu| gpu.is(&words));
        meant.max_by_key(|gpu| gpu.words.len())
    }

    fn is(&self, words: &[String]) -> bool {
        let [name, number, rest @ ..] = self.words.as_slice() else {
            return false;
        };
        let together = |pair: &[String]| pair[0] == *name && pair[1] == *number;
        words.windows(2).any(together)
            && rest.iter().all(|word| words.contains(word))
            && !OTHERS.iter().any(|other| {
                let other = (*other).to_owned();
                words.contains(&other) && !self.words.contains(&other)
            })
    }

    fn all_words(&self) -> Vec<String> {
        [words(&self.device), words(&self.id), self.words.clone()].concat()
    }
}

fn unknown(id: &str) -> Invalid {
    let is_of_others = |word: &String| OTHER_MAKERS.contains(&word.as_str());
    if words(id).iter().any(is_of_others) {
        let detail = format!(
            "`{id}` is none of NVIDIA's GPUs, and how much data sheets say was found on those alone"
        );
        let hint =
            "send a few timings of it, as a platform of its own: five are enough to begin with";
        return Invalid::at("", id, detail, hint);
    }
    let known: Vec<&str> = Gpu::all().iter().map(|gpu| gpu.id.as_str()).collect();
    let detail = format!("no data sheet of a GPU called `{id}` is known");
    Invalid::at("", id, detail, nearest(id, &known))
}

/// Of `words` those that tell GPUs apart, and where they stand.
fn telling(words: &[String]) -> impl Iterator<Item = (usize, &str)> {
    let is_unit = |i: usize| words[i] == "gb" && i > 0 && is_number(&words[i - 1]);
    let telling = (0..words.len()).filter(move |i| {
        let word = words[*i].as_str();
        !SILENT.contains(&word) && !is_unit(*i)
    });
    telling.map(|i| (i, words[i].as_str()))
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// What of `words` says the model: without how much memory it has, in which form it is built, and the name of the line of
/// products in front of a number.
fn model(words: &[String]) -> BTreeSet<&str> {
    let word = |i: Option<usize>| i.and_then(|i| words.get(i)).map(String::as_str);
    let of_model = telling(words).filter(|(i, this)| {
        let (before, after) = (word(i.checked_sub(1)), word(i.checked_add(1)));
        let is_memory = is_number(this) && after == Some("gb");
        let is_form = ["pcie", "sxm"].contains(this) || before == Some("sxm");
        let is_line = ["gtx", "rtx"].contains(this) && after.is_some();
        !is_memory && !is_form && !is_line
    });
    of_model.map(|(_, word)| word).collect()
}

/// The telling ones of `words` without a space: people write `rtx6000ada` and `titanv`.
fn joined(words: &[String]) -> String {
    telling(words).map(|(_, word)| word).collect()
}

/// The words of a name in small letters, numbers apart: `A100-SXM4-40GB` is `a 100 sxm 4 40 gb`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            match words.last_mut() {
                Some(word)
                    if last.is_ascii_alphanumeric()
                        && last.is_ascii_digit() == c.is_ascii_digit() =>
                {
                    word.push(c);
                }
                _ => words.push(c.to_string()),
            }
        }
        last = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Result<&'static str, String> {
        Gpu::named(name)
            .map(|gpu| gpu.id.as_str())
            .map_err(|error| error.0[0].hint.clone())
    }

    #[test]
    fn a_gpu_is_known_by_the_names_that_drivers_and_people_give_it() {
        for (device, id) in [
            ("NVIDIA GeForce RTX 3090", "rtx3090"),
            ("rtx4090", "rtx4090"),
            ("Tesla V100 32GB", "v100-32gb"),
            ("Tesla V100-SXM2-16GB", "v100-16gb"),
            ("Tesla V100-PCIE-16GB", "v100-16gb-pcie"),
            ("Tesla V100S-PCIE-32GB", "v100s"),
            ("Tesla P100-PCIE-16GB", "p100-pcie"),
            ("A100-SXM4-40GB", "a100-40gb"),
            ("A100-PCIE-40GB", "a100-40gb-pcie"),
            ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
            ("NVIDIA A100 80GB PCIe", "a100-80gb-pcie"),
            ("NVIDIA A10G", "a10g"),
            ("NVIDIA H100 80GB HBM3", "h100"),
            ("NVIDIA H100 PCIe", "h100-pcie"),
            ("NVIDIA H100 NVL", "h100-nvl"),
            ("NVIDIA GH200 480GB", "gh200"),
            ("NVIDIA GB200", "gb200"),
            ("NVIDIA L40S", "l40s"),
            ("NVIDIA L40", "l40"),
            ("NVIDIA L4", "l4"),
            ("Tesla T4", "t4"),
            ("NVIDIA B200", "b200"),
            ("NVIDIA RTX A6000", "rtx-a6000"),
            ("NVIDIA RTX 6000 Ada Generation", "rtx6000-ada"),
            ("Quadro RTX 6000", "quadro-rtx6000"),
            (
                "NVIDIA RTX PRO 6000 Blackwell Workstation Edition",
                "rtx-pro6000",
            ),
            ("GeForce RTX 2080 Ti", "rtx2080ti"),
            ("NVIDIA GeForce RTX 4070 Ti SUPER", "rtx4070ti-super"),
            ("NVIDIA GeForce RTX 4060 Ti", "rtx4060ti-8gb"),
            ("NVIDIA TITAN V", "titan-v"),
            ("TITAN RTX", "titan-rtx"),
            ("GeForce GTX 1080 Ti", "gtx1080ti"),
        ] {
            let found = Gpu::of_device(device).map(|gpu| gpu.id.as_str());
            assert_eq!(found, Some(id), "{device}");
        }
    }

    #[test]
    fn a_gpu_that_only_sounds_alike_is_not_taken_for_it() {
        for device in [
            "NVIDIA GeForce RTX 4090 Laptop GPU",
            "NVIDIA GeForce RTX 4090 D",
            "NVIDIA L40G",
            "GeForce RTX 2080 Super with Max-Q Design",
            "NVIDIA RTX 4000 SFF Ada Generation",
            "NVIDIA RTX PRO 6000 Blackwell Server Edition",
            "NVIDIA GH200 144G HBM3e",
            "NVIDIA GeForce GTX 1660 Ti",
            "AMD Instinct MI300X",
            "CPU",
            "",
        ] {
            assert_eq!(Gpu::of_device(device), None, "{device}");
        }
    }

    #[test]
    fn every_gpu_is_what_its_own_id_and_device_mean() {
        for gpu in Gpu::all() {
            assert_eq!(named(&gpu.id), Ok(gpu.id.as_str()));
            assert_eq!(named(&gpu.device), Ok(gpu.id.as_str()));
            assert_eq!(Gpu::of_device(&gpu.device), Some(gpu), "{}", gpu.device);
        }
    }

    #[test]
    fn a_gpu_is_found_as_people_type_it() {
        for (typed, id) in [
            ("H100", "h100"),
            ("NVIDIA H100", "h100"),
            ("Tesla T4", "t4"),
            ("GeForce RTX 3090", "rtx3090"),
            ("a10g", "a10g"),
            ("rtx a6000", "rtx-a6000"),
            ("A6000", "rtx-a6000"),
            ("RTX 6000 Ada", "rtx6000-ada"),
            ("rtx6000ada", "rtx6000-ada"),
            ("quadro rtx 8000", "quadro-rtx8000"),
            ("rtx 8000", "quadro-rtx8000"),
            ("rtx pro 6000", "rtx-pro6000"),
            ("3080", "rtx3080"),
            ("2080ti", "rtx2080ti"),
            ("2080 super", "rtx2080-super"),
            ("1080 Ti", "gtx1080ti"),
            ("3060", "rtx3060"),
            ("3060 Ti", "rtx3060ti"),
            ("4070", "rtx4070"),
            ("4070 ti", "rtx4070ti"),
            ("4070 ti super", "rtx4070ti-super"),
            ("GeForce RTX 4070 SUPER", "rtx4070-super"),
            ("4060ti 16gb", "rtx4060ti-16gb"),
            ("gh200", "gh200"),
            ("v100s", "v100s"),
            ("titan v", "titan-v"),
            ("TITANRTX", "titan-rtx"),
            ("h100 nvl", "h100-nvl"),
            ("a100 80gb", "a100-80gb"),
            ("a100 80gb pcie", "a100-80gb-pcie"),
            ("Tesla V100-SXM2-16GB", "v100-16gb"),
        ] {
            assert_eq!(named(typed), Ok(id), "{typed}");
        }
    }

    #[test]
    fn a_name_of_several_is_answered_with_their_names() {
        let several = |ids: &str| Err(format!("name one: {ids}"));
        for (typed, ids) in [
            (
                "v100",
                "`v100-16gb`, `v100-32gb`, `v100-16gb-pcie`, `v100-32gb-pcie`",
            ),
            (
                "a100",
                "`a100-40gb`, `a100-40gb-pcie`, `a100-80gb`, `a100-80gb-pcie`",
            ),
            ("a100 pcie", "`a100-40gb-pcie`, `a100-80gb-pcie`"),
            ("P100", "`p100-pcie`, `p100-sxm2`"),
            ("4060 ti", "`rtx4060ti-8gb`, `rtx4060ti-16gb`"),
            ("titan", "`titan-xp`, `titan-v`, `titan-rtx`"),
            (
                "rtx 6000",
                "`quadro-rtx6000`, `rtx-a6000`, `rtx6000-ada`, `rtx-pro6000`",
            ),
        ] {
            assert_eq!(named(typed), several(ids), "{typed}");
        }
    }

    #[test]
    fn what_no_gpu_is_called_is_refused_with_the_nearest_or_what_would_do() {
        assert_eq!(named("h10"), Err("did you mean `h100`?".to_owned()));
        for typed in ["", "rtx", "nvidia", "gb", "16 gb", "h1000", "4090 laptop"] {
            assert!(Gpu::meant(typed).is_empty(), "{typed}");
        }
        for typed in ["mi300x", "MI250X", "Radeon RX 7900 XTX", "tpu v4"] {
            let hint = named(typed).unwrap_err();
            assert!(hint.starts_with("send a few timings"), "{typed}: {hint}");
        }
    }
}
