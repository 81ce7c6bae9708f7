//! `epochcast copy`: all that is stored, from one database into another.

use epochcast::live::clock;
use epochcast::store::{Options, Store};

use crate::cli::args::CopyArgs;
use crate::cli::commands::archive::print;

/// Copies all of one database into another, which is empty, and looks whether it has arrived as it was.
pub(crate) async fn copy(args: &CopyArgs) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.from != args.to,
        "{} is both what to copy and where to: name two",
        args.from
    );
    let from = Store::look(&args.from).await?;
    let options = Options {
        seed: false,
        now: clock::now(),
    };
    let to = Store::open(&args.to, options).await?;
    let copied = from.copy_into(&to).await;
    from.close().await;
    let holds = copied?;
    from.is_as_it_was()?;
    let damage = to.damage().await?;
    to.close().await;
    print(&damage);
    anyhow::ensure!(
        damage.is_empty(),
        "not all of {} has arrived as it was: does epochcast verify find damage there?",
        args.from
    );
    println!("{}: {holds}", args.to);
    Ok(())
}
