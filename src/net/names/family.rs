//! The timing group of a net of timm by its name, for nets of which only the costs are known.
//!
//! The groups are those of `data/costs.csv`; a name of none of them has no group.

/// Origins and recipes that stand before a name and leave the net as it is.
const ORIGINS: [&str; 8] = [
    "tf_", "gluon_", "tv_", "ssl_", "swsl_", "ig_", "legacy_", "dm_",
];

/// Parts of a name that make the net another one than its start says: other norms, attention pools, experts, splits.
const OTHER_PARTS: [&str; 8] = [
    "_clip",
    "_gn",
    "_bit",
    "_evo",
    "_frn",
    "_cc_",
    "_res2ne",
    "resnet50_mlp",
];

/// Longer names of nets that are of no group here.
const OTHER_STARTS: [&str; 6] = [
    "resnetaa",
    "resnetblur",
    "resnetrs",
    "densenetblur",
    "efficientnet_blur",
    "resnet50x",
];

/// Groups by the start of the name; the first that fits.
const STARTS: [(&str, &[&str]); 20] = [
    (
        "nfnet",
        &[
            "nfnet_",
            "eca_nfnet_",
            "nf_resnet",
            "nf_seresnet",
            "nf_ecaresnet",
        ],
    ),
    (
        "seresnext",
        &["seresnext", "eca_resnext", "ecaresnext", "senet"],
    ),
    ("seresnet", &["seresnet", "eca_resnet", "ecaresnet"]),
    ("resnetv2", &["resnetv2_"]),
    ("wide_resnet", &["wide_resnet"]),
    ("resnext", &["resnext"]),
    ("resnet", &["resnet"]),
    ("regnetx", &["regnetx_"]),
    ("regnety", &["regnety_"]),
    ("regnetz", &["regnetz_"]),
    (
        "efficientnet_edge",
        &["efficientnet_es", "efficientnet_em", "efficientnet_el"],
    ),
    ("efficientnetv2", &["efficientnetv2_", "gc_efficientnetv2_"]),
    ("efficientnet", &["efficientnet_b", "efficientnet_l"]),
    ("convnext", &["convnext_", "inception_next_"]),
    (
        "mobilenetv3",
        &[
            "mobilenetv3_",
            "fbnetv3_",
            "hardcorenas_",
            "lcnet_",
            "tinynet_",
        ],
    ),
    (
        "mobilenetv2",
        &[
            "mobilenetv2_",
            "mobilenetv1_",
            "mnasnet",
            "semnasnet_",
            "spnasnet_",
            "fbnetc_",
        ],
    ),
    ("cspnet", &["csp", "cs3", "darknet", "sedarknet"]),
    ("densenet", &["densenet"]),
    ("dla", &["dla"]),
    ("vgg", &["vgg"]),
];

/// The timing group of the net called `name`, where the name tells it.
#[must_use]
pub fn group(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    // What follows a point is the recipe of its weights: resnet50.a1_in1k.
    let name = name.split('.').next()?;
    let name = ORIGINS
        .iter()
        .find_map(|origin| name.strip_prefix(origin))
        .unwrap_or(name);
    if OTHER_PARTS.iter().any(|part| name.contains(part))
        || OTHER_STARTS.iter().any(|start| name.starts_with(start))
    {
        return None;
    }
    let fits = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match STARTS.iter().find(|(_, starts)| fits(starts))?.0 {
        "vgg" if name.ends_with("_bn") => Some("vgg_bn"),
        group => Some(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_those_of_the_nets_whose_costs_are_known() {
        let costs = include_str!("../../../data/costs.csv");
        let odd = |row: &&str| {
            let mut cells = row.split(',');
            let (name, family) = (cells.next().unwrap(), cells.next().unwrap());
            // Listed by their first half, a ResNet; by its name it is no ResNet.
            group(name) != Some(family) && !name.starts_with("vit_base_resnet")
        };
        let odd: Vec<&str> = costs.lines().skip(1).filter(odd).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn nets_of_no_group_get_none() {
        for name in [
            "vit_base_patch16_224",
            "swin_tiny_patch4_window7_224",
            "resnest50d",
            "resnetrs50",
            "convnextv2_tiny",
            "res2net50_26w_4s",
            "resnet50_clip",
            "resnetv2_50x1_bit",
            "levit_128",
            "repvgg_a0",
        ] {
            assert_eq!(group(name), None, "{name}");
        }
    }

    #[test]
    fn origins_and_weights_do_not_change_the_group() {
        for (name, family) in [
            ("gluon_resnet101_v1b", "resnet"),
            ("tf_efficientnet_lite0", "efficientnet"),
            ("resnet50.a1_in1k", "resnet"),
            ("vgg16_bn", "vgg_bn"),
        ] {
            assert_eq!(group(name), Some(family), "{name}");
        }
    }
}
