//! `epochcast plan`: how far a budget goes, or the cheapest way to a target.

use epochcast::ask::chosen::chosen;
use epochcast::ask::complexity::Scaled;
use epochcast::ask::plan::{PlanAnswer, PlanOption, TimeRow, planned};
use epochcast::ask::wanted::Wanted;
use epochcast::plan::accuracy::Expected;
use epochcast::plan::budget::LimitedBy;
use epochcast::plan::run::Total;
use epochcast::timing::{Mode, Predictors};
use epochcast::units::quantity::{Currency, Money, count, duration, size};
use epochcast::units::{rounded, to_f64};
use serde_json::{Value, json};

use crate::cli::args::{LimitArgs, PlanArgs, Settings};
use crate::cli::request::{Request, currency, predictors, print};
use crate::cli::table::{self, Table};
use crate::cli::warnings::summed;
use crate::cli::words::Usage;

/// Prints the answer to `args`.
pub(crate) async fn plan(settings: &Settings, args: &PlanArgs) -> anyhow::Result<()> {
    let asked = request(args)?;
    bounded(&asked)?;
    let predictors = predictors(settings).await?;
    let asked = with_batch(asked, &predictors)?;
    let answer =
        planned(&predictors, asked.typed()?, &Wanted::default()).map_err(|e| asked.refused(&e))?;
    let currency = currency(&[args.limits.cost, args.training.price_per_hour])?;
    print(&answer, &args.about, |answer| {
        let name = answer.base.name.as_deref().unwrap_or(&args.about.net);
        format!(
            "{name}\n\n{}",
            table(answer, currency).fitted(table::room())
        )
    })
}

fn request(args: &PlanArgs) -> anyhow::Result<Request> {
    let said = |yes: bool, value: Value| if yes { value } else { Value::Null };
    let request = Request::about(&args.about)?
        .ways(&args.ways)
        .training(&args.training)
        .memory(&args.memory)
        .with("limits", limits(&args.limits))
        .with("use", said(args.limits.high, json!("high")))
        .with("free_mix", said(args.free_mix, json!(true)))
        .of_a_net("plan")?;
    // A target is one of two: the command line's in place of the file's.
    Ok(match (args.target_flops, args.target_error) {
        (Some(flops), _) => request.set("target", json!({"flops": flops})),
        (_, Some(error)) => request.set("target", json!({"top1_error_percent": error})),
        (None, None) => request,
    })
}

fn limits(limits: &LimitArgs) -> Value {
    json!({
        "epoch_seconds": limits.epoch.or(limits.epoch_seconds),
        "total_seconds": limits.total.or(limits.total_seconds),
        "cost": limits.cost.map(|cost| cost.amount),
        "flops": limits.flops,
        "params": limits.params,
        "acts": limits.acts,
        "memory_bytes": limits.memory.or(limits.memory_bytes),
    })
}

/// Refuses a plan of which nothing is said.
fn bounded(asked: &Request) -> Result<(), Usage> {
    let limits = asked.get("/limits").and_then(Value::as_object);
    let limited = limits.is_some_and(|limits| limits.values().any(|limit| !limit.is_null()));
    if limited || asked.get("/target").is_some() {
        return Ok(());
    }
    let told = "plan needs a limit (--epoch 20min, --total 3days, --cost 400, --memory 16GB, --flops 4G, --params 50M, \
                --acts 30M) or a target (--target-flops 4G, --target-error 19)";
    Err(Usage(told.to_owned()))
}

/// `asked` with the images of a step, where its memory is limited and nobody says how many they are: as many as the first
/// platform is mostly timed with. Said aloud, since all depends on it.
fn with_batch(asked: Request, predictors: &Predictors) -> anyhow::Result<Request> {
    let infers = asked.get("/mode").and_then(Value::as_str) == Some(Mode::Infer.as_str());
    let open = asked.get("/limits/memory_bytes").is_some() && asked.get("/batch_size").is_none();
    if infers || !open {
        return Ok(asked);
    }
    let platforms = chosen(predictors, Mode::Train, asked.get("/platform"));
    let platforms = platforms.map_err(|invalid| asked.refused(&invalid))?;
    let Some(first) = platforms.first() else {
        return Err(Usage(
            "--batch-size: memory goes by the images in a step; say how many".to_owned(),
        )
        .into());
    };
    let platform = first.platform();
    let (id, devices) = (&platform.id, f64::from(platform.device_count));
    let Some(each) = first.sample().usual_batch() else {
        return Err(Usage(format!(
            "--batch-size: memory goes by the images in a step, and the timings of {id} do not say theirs; such as \
             --batch-size {}",
            256 * u64::from(platform.device_count)
        ))
        .into());
    };
    let batch = rounded(each * devices);
    anstream::eprintln!(
        "epochcast: memory is that of steps of {batch} images, as most timings of {id} have; --batch-size takes another"
    );
    Ok(asked.with("batch_size", json!(batch)))
}

fn table(answer: &PlanAnswer, currency: Currency) -> Table {
    let options = || answer.options.iter().chain(&answer.mix);
    let mut table = of_scaled();
    let first = options().next();
    for row in first.into_iter().flat_map(|option| &option.predictions) {
        table = of_whole(table.right(row.platform.as_str()), row);
    }
    let has = Columns {
        memory: options().any(|option| shown_memory(option).is_some()),
        errors: options().any(|option| option.accuracy.is_some()),
        mix: answer.mix.is_some(),
    };
    if has.memory {
        table = table.right("memory").right("batch");
    }
    if has.errors {
        table = table.right("error %");
    }
    table = table.left("limited by");
    if has.mix {
        table = table.left("shares");
    }
    for option in options() {
        table.row(cells(option, currency, &has));
    }
    for out in &answer.left_out {
        let mut cells = vec![way(out.strategy.as_deref(), out.alpha), "none".to_owned()];
        let last = table.width() - 1 - usize::from(has.mix);
        cells.resize(last, String::new());
        cells.push(word(out.limited_by));
        cells.resize(table.width(), String::new());
        table.row(cells);
    }
    let times = options().flat_map(|option| &option.predictions);
    for warning in summed(times, options().count()) {
        table.note(warning);
    }
    if let Some(reason) = answer.told_reason() {
        table.note(reason);
    }
    table
}

/// Which columns there are beside those that every plan has.
struct Columns {
    memory: bool,
    errors: bool,
    mix: bool,
}

/// The columns of scaled nets.
pub(crate) fn of_scaled() -> Table {
    Table::default()
        .left("scaling")
        .right("factor")
        .right("flops")
        .right("params")
        .right("acts")
        .right("pixels")
}

/// The same of one, which was scaled by `way`.
pub(crate) fn scaled_cells(way: String, factor: String, scaled: &Scaled) -> Vec<String> {
    let costs = &scaled.complexity;
    vec![
        way,
        factor,
        count(costs.flops.as_f64()),
        count(costs.params.as_f64()),
        count(costs.acts.as_f64()),
        scaled.model.resolution.to_string(),
    ]
}

/// `table` with the columns of the whole training, where that was asked for.
pub(crate) fn of_whole(table: Table, row: &TimeRow) -> Table {
    match &row.total {
        None => table,
        Some(total) if total.cost.is_none() => table.right("in all"),
        Some(_) => table.right("in all").right("cost"),
    }
}

/// The same of one net.
pub(crate) fn whole_cells(row: &TimeRow, currency: Currency) -> impl Iterator<Item = String> {
    let money = move |amount| Money { amount, currency }.to_string();
    let cells = move |total: &Total| [Some(duration(total.seconds)), total.cost.map(money)];
    row.total.iter().flat_map(cells).flatten()
}

pub(crate) fn error_cell(accuracy: Option<&Expected>) -> String {
    accuracy.map_or_else(String::new, |e| format!("{:.2}", e.top1_error_percent))
}

pub(crate) fn way(strategy: Option<&str>, alpha: Option<f64>) -> String {
    match (strategy, alpha) {
        (Some(strategy), _) => strategy.to_owned(),
        (None, Some(alpha)) => format!("α {alpha:.3}"),
        (None, None) => "mix".to_owned(),
    }
}

/// The flag that holds a net back, or what else does.
fn word(limit: LimitedBy) -> String {
    let word = match limit {
        LimitedBy::EpochSeconds => "--epoch",
        LimitedBy::TotalSeconds => "--total",
        LimitedBy::Cost => "--cost",
        LimitedBy::Flops => "--flops",
        LimitedBy::Params => "--params",
        LimitedBy::Acts => "--acts",
        LimitedBy::MemoryBytes => "--memory",
        LimitedBy::MaxFactor => "no limit up to 1,024 times",
        LimitedBy::NetSize => "what can be made",
        LimitedBy::Target => "the target",
        LimitedBy::NoPublishedError => "no published error",
    };
    word.to_owned()
}

/// Training memory, where it is known for how many images.
fn shown_memory(option: &PlanOption) -> Option<[String; 2]> {
    let memory = option.memory.as_ref()?;
    let known = memory.images > 1 || memory.largest_batch.is_some();
    let most = memory.largest_batch.map(|most| format!(" of {most}"));
    let batch = format!("{}{}", memory.images, most.unwrap_or_default());
    known.then(|| [size(to_f64(memory.bytes)), batch])
}

fn cells(option: &PlanOption, currency: Currency, has: &Columns) -> Vec<String> {
    // The free mix may be a named way too, which stands in its own row.
    let named = option.exponents.is_none();
    let strategy = option.strategy.as_deref().filter(|_| named);
    let way = way(strategy, option.alpha.filter(|_| named));
    let mut cells = scaled_cells(way, format!("{:.6}", option.factor), &option.scaled);
    for row in &option.predictions {
        cells.push(duration(row.epoch_seconds));
        cells.extend(whole_cells(row, currency));
    }
    if has.memory {
        cells.extend(shown_memory(option).unwrap_or_default());
    }
    if has.errors {
        cells.push(error_cell(option.accuracy.as_ref()));
    }
    cells.push(option.limited_by.map_or_else(String::new, word));
    if let Some(shares) = &option.exponents {
        let (d, w, g, r) = (shares.d, shares.w, shares.g, shares.r);
        cells.push(format!("d {d}, w {w}, g {g}, r {r}"));
    } else if has.mix {
        cells.push(String::new());
    }
    cells
}
