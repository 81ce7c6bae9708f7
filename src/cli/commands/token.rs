//! `epochcast token`: who may write.

use std::io::Write;

use anyhow::Context;
use epochcast::store::NewToken;

use crate::cli::args::{Settings, TokenCommand};
use crate::cli::database;
use crate::cli::table::{self, Table};
use epochcast::live::clock;
use epochcast::units::moment::minute;

const DAY: i64 = 86_400_000;

/// Makes, lists or ends tokens.
pub(crate) async fn token(settings: &Settings, command: &TokenCommand) -> anyhow::Result<()> {
    let store = match command {
        TokenCommand::List => database::look(settings).await?,
        _ => database::open(settings).await?,
    };
    let mut out = std::io::stdout().lock();
    match command {
        TokenCommand::Create { name, scope, days } => {
            let mut random = [0; 32];
            getrandom::fill(&mut random).context("no random numbers")?;
            let created_at = clock::now();
            let token = NewToken {
                name: name.clone(),
                scope: *scope,
                created_at,
                expires_at: days.map(|days| created_at + i64::from(days) * DAY),
            };
            let secret = store.create_token(random, &token).await?;
            let refused = || format!("there is or was a token called {name}: choose another name");
            writeln!(out, "{}", secret.with_context(refused)?)?;
        }
        TokenCommand::List => {
            let mut table = Table::default()
                .long("name")
                .left("scope")
                .left("created")
                .left("last used")
                .left("ends");
            for token in store.tokens().await? {
                let ends = match (token.revoked_at, token.expires_at) {
                    (Some(at), _) => format!("revoked {}", minute(at)),
                    (None, Some(at)) => minute(at),
                    (None, None) => "never".to_owned(),
                };
                table.row([
                    token.name,
                    token.scope.to_string(),
                    minute(token.created_at),
                    token
                        .last_used_at
                        .map_or_else(|| "never".to_owned(), minute),
                    ends,
                ]);
            }
            table::print(&table.fitted(table::room()))?;
        }
        TokenCommand::Revoke { name } => {
            let ended = store.revoke_token(name, clock::now()).await?;
            anyhow::ensure!(ended, "there is no token called {name} that holds");
        }
    }
    store.close().await;
    Ok(out.flush()?)
}
