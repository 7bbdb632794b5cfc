
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'tokctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'tokctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'tokctl' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Issue a token and print its secret')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a token secret; the exit code is the answer')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the secret of a token, keeping owner, name and scopes')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change the name or the expiry of a token')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List tokens, by default the active ones')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List tokens, by default the active ones')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the details of a token')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the log of verifications and administrative changes')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show an overview of tokens and users')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke tokens')
            [CompletionResult]::new('unrevoke', 'unrevoke', [CompletionResultType]::ParameterValue, 'Undo a revocation')
            [CompletionResult]::new('revoke-all', 'revoke-all', [CompletionResultType]::ParameterValue, 'Revoke all tokens that match filters')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete tokens that expired or were revoked long ago')
            [CompletionResult]::new('user', 'user', [CompletionResultType]::ParameterValue, 'Add, list, show, edit, ban and remove users')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Show and change the settings of the database')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Import users and tokens from another system')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Export everything but the log as JSON Lines, without secrets')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Back up the database while it is in use')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Replace the database with a backup')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Create or upgrade the tables of the database')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check the database and the tokens for problems')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Verify and administer tokens over HTTP')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Show a manual page, or write all pages to a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;create' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the token')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scope to grant; repeat the option or separate scopes with commas [default: everything]')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Owner of the token [default: the setting default-user]')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'Expiry: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339 timestamp, or never')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the secret to a new file that only this account can read')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Number of tokens to issue')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Issue a token for each line of a JSON Lines file (name, user, scopes, expires), all or none; - reads standard input')
            [CompletionResult]::new('--secret', '--secret', [CompletionResultType]::ParameterName, 'Register a secret that was made elsewhere instead of printing a new one; - reads it from standard input: 32 to 255 printable characters without spaces')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--no-scopes', '--no-scopes', [CompletionResultType]::ParameterName, 'Grant no scopes')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;verify' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Scope that the token must grant; repeat the option or separate scopes with commas to require several')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Origin of the request, for the log, such as an IP address')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'User agent of the client, for the log')
            [CompletionResult]::new('--read-database', '--read-database', [CompletionResultType]::ParameterName, 'Look secrets up in this replica of the database, which can be behind: a revoked token is good there until it has caught up. What it cannot answer, the database answers')
            [CompletionResult]::new('--max-staleness', '--max-staleness', [CompletionResultType]::ParameterName, 'Ask the database instead of a replica that is further behind than this, such as 5s')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--any-scope', '--any-scope', [CompletionResultType]::ParameterName, 'Require only one of the scopes')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Read secrets from standard input (-), one per line, and print a line of JSON for each')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h prints less) and exit with 2, because client input must never look like success')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'h')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'V')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'version')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            break
        }
        'tokctl;rotate' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'SHA-256 hash of the secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Exact name; if several tokens have it, the active one')
            [CompletionResult]::new('--overlap', '--overlap', [CompletionResultType]::ParameterName, 'How long the old secret remains valid')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'Expiry of the new token: a duration, a date (00:00 UTC), an RFC 3339 timestamp, or never')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the secret to a new file that only this account can read')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;edit' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'SHA-256 hash of the secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Exact name; if several tokens have it, the active one')
            [CompletionResult]::new('--rename', '--rename', [CompletionResultType]::ParameterName, 'New name')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'New expiry: a duration from now (30d, 12h, 3mo), a date (00:00 UTC), an RFC 3339 timestamp, or never')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;list' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only tokens with this status')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only tokens of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only tokens that grant this scope')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only tokens whose name matches this pattern, such as ''CI*''')
            [CompletionResult]::new('--hint', '--hint', [CompletionResultType]::ParameterName, 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Only tokens that this system issued, such as tokctl or sanctum')
            [CompletionResult]::new('--expiring-within', '--expiring-within', [CompletionResultType]::ParameterName, 'Only tokens that expire within this time and were not replaced by a rotation')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Only tokens not used for this long; a token that was never used counts from its creation')
            [CompletionResult]::new('--created-before', '--created-before', [CompletionResultType]::ParameterName, 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'Sort key')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Maximum number of tokens to list')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Maximum number of tokens to list')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Tokens of any status')
            [CompletionResult]::new('--reverse', '--reverse', [CompletionResultType]::ParameterName, 'Reverse the order')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;ls' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only tokens with this status')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only tokens of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only tokens that grant this scope')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only tokens whose name matches this pattern, such as ''CI*''')
            [CompletionResult]::new('--hint', '--hint', [CompletionResultType]::ParameterName, 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Only tokens that this system issued, such as tokctl or sanctum')
            [CompletionResult]::new('--expiring-within', '--expiring-within', [CompletionResultType]::ParameterName, 'Only tokens that expire within this time and were not replaced by a rotation')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Only tokens not used for this long; a token that was never used counts from its creation')
            [CompletionResult]::new('--created-before', '--created-before', [CompletionResultType]::ParameterName, 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'Sort key')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Maximum number of tokens to list')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Maximum number of tokens to list')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Tokens of any status')
            [CompletionResult]::new('--reverse', '--reverse', [CompletionResultType]::ParameterName, 'Reverse the order')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;show' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'SHA-256 hash of the secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Exact name; if several tokens have it, the active one')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;log' {
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Only verifications, or only administrative changes')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only entries about this user')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Only entries about the token with this ID')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'Only entries since this time: a duration ago (1d), a date (00:00 UTC) or an RFC 3339 timestamp')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Only entries up to this time, in the same forms')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Only the newest N entries')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Only the newest N entries')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--failures', '--failures', [CompletionResultType]::ParameterName, 'Only failed verifications')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Keep running and print new entries')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Keep running and print new entries')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;stats' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;revoke' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'SHA-256 hash of the secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Exact name; if several tokens have it, the active one')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason, for the record')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete the records immediately')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;unrevoke' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'SHA-256 hash of the secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Exact name; if several tokens have it, the active one')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;revoke-all' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason, for the record')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only tokens with this status')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only tokens of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only tokens that grant this scope')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only tokens whose name matches this pattern, such as ''CI*''')
            [CompletionResult]::new('--hint', '--hint', [CompletionResultType]::ParameterName, 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Only tokens that this system issued, such as tokctl or sanctum')
            [CompletionResult]::new('--expiring-within', '--expiring-within', [CompletionResultType]::ParameterName, 'Only tokens that expire within this time and were not replaced by a rotation')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Only tokens not used for this long; a token that was never used counts from its creation')
            [CompletionResult]::new('--created-before', '--created-before', [CompletionResultType]::ParameterName, 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--everyone', '--everyone', [CompletionResultType]::ParameterName, 'Revoke the tokens of all users')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Delete the records immediately')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only print the number of tokens')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;prune' {
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'How long to keep tokens after they end')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Prune even if the clock is more than 30 days ahead of everything in the database')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only print the number of tokens')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Ban a user and reject their tokens')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift the ban of a user')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;user;add' {
            [CompletionResult]::new('--email', '--email', [CompletionResultType]::ParameterName, 'E-mail address')
            [CompletionResult]::new('--full-name', '--full-name', [CompletionResultType]::ParameterName, 'Full name')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Make the user an administrator')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;list' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;show' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;edit' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'New name')
            [CompletionResult]::new('--email', '--email', [CompletionResultType]::ParameterName, 'New e-mail address')
            [CompletionResult]::new('--full-name', '--full-name', [CompletionResultType]::ParameterName, 'New full name')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Make the user an administrator')
            [CompletionResult]::new('--no-admin', '--no-admin', [CompletionResultType]::ParameterName, 'Make the user an ordinary user')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;ban' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Reason, for the record')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;unban' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;remove' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Ban a user and reject their tokens')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift the ban of a user')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;user;help;add' {
            break
        }
        'tokctl;user;help;list' {
            break
        }
        'tokctl;user;help;show' {
            break
        }
        'tokctl;user;help;edit' {
            break
        }
        'tokctl;user;help;ban' {
            break
        }
        'tokctl;user;help;unban' {
            break
        }
        'tokctl;user;help;remove' {
            break
        }
        'tokctl;user;help;help' {
            break
        }
        'tokctl;settings' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with values, defaults and meanings')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of a setting')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change a setting')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Reset a setting to its default')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;settings;list' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;get' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;set' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;unset' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with values, defaults and meanings')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of a setting')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change a setting')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Reset a setting to its default')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;settings;help;list' {
            break
        }
        'tokctl;settings;help;get' {
            break
        }
        'tokctl;settings;help;set' {
            break
        }
        'tokctl;settings;help;unset' {
            break
        }
        'tokctl;settings;help;help' {
            break
        }
        'tokctl;import' {
            [CompletionResult]::new('--schema', '--schema', [CompletionResultType]::ParameterName, 'Schema of the tables (PostgreSQL) [default: the first one of the search path]')
            [CompletionResult]::new('--table-prefix', '--table-prefix', [CompletionResultType]::ParameterName, 'Prefix of all table names')
            [CompletionResult]::new('--table', '--table', [CompletionResultType]::ParameterName, 'Name of the token table')
            [CompletionResult]::new('--users', '--users', [CompletionResultType]::ParameterName, 'Name of the table of users, who own the tokens')
            [CompletionResult]::new('--users-key', '--users-key', [CompletionResultType]::ParameterName, 'Column of the table of users that tokens refer to [default: id, or the primary key]')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'Type of the tokens, where one table has several (adonisjs, adonisjs5, shield)')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Prefix of the secrets (adonisjs) [default: oat_]')
            [CompletionResult]::new('--morph', '--morph', [CompletionResultType]::ParameterName, 'Table of the owners with this class or alias in tokenable_type (sanctum); can be repeated')
            [CompletionResult]::new('--expiration', '--expiration', [CompletionResultType]::ParameterName, 'Life of every token from its creation, if the application''s configuration sets one')
            [CompletionResult]::new('--hashed', '--hashed', [CompletionResultType]::ParameterName, 'The token column contains hashes of this kind, not secrets (symfony, strapi-guide, jsonl)')
            [CompletionResult]::new('--map-scope', '--map-scope', [CompletionResultType]::ParameterName, 'Import a scope under another name, for example ''edit articles=articles.edit''; can be repeated')
            [CompletionResult]::new('--ignore-column', '--ignore-column', [CompletionResultType]::ParameterName, 'Column that sounds like the end of a token or user and is none, as COLUMN or TABLE.COLUMN; can be repeated')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'Time zone of dates that do not specify one: an IANA name or an offset [default: UTC]')
            [CompletionResult]::new('--session-time-zone', '--session-time-zone', [CompletionResultType]::ParameterName, 'Time zone of the application''s connection to MySQL, in which it sees TIMESTAMP columns [default: the server''s]')
            [CompletionResult]::new('--salt-file', '--salt-file', [CompletionResultType]::ParameterName, 'File that contains the API_TOKEN_SALT of the project: the salt alone, or a .env file (strapi)')
            [CompletionResult]::new('--salt', '--salt', [CompletionResultType]::ParameterName, 'salt')
            [CompletionResult]::new('--default-owner', '--default-owner', [CompletionResultType]::ParameterName, 'default-owner')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--clear-text', '--clear-text', [CompletionResultType]::ParameterName, 'The token column contains secrets, although they look like hashes (symfony, strapi-guide, jsonl)')
            [CompletionResult]::new('--match-names', '--match-names', [CompletionResultType]::ParameterName, 'Also match users by name, not only by verified e-mail address')
            [CompletionResult]::new('--match-admins', '--match-admins', [CompletionResultType]::ParameterName, 'Also match users to administrators')
            [CompletionResult]::new('--replace', '--replace', [CompletionResultType]::ParameterName, 'Update what an earlier import brought, for example with another --time-zone')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Print the report without importing anything')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report every row')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report every row')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;export' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write to a new file that only this account can read; - is standard output')
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Only tokens with this status')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Only tokens of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only tokens that grant this scope')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Only tokens whose name matches this pattern, such as ''CI*''')
            [CompletionResult]::new('--hint', '--hint', [CompletionResultType]::ParameterName, 'Only tokens whose secret begins with these characters, such as tok_Ab3d; more than the hint shows is not stored')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Only tokens that this system issued, such as tokctl or sanctum')
            [CompletionResult]::new('--expiring-within', '--expiring-within', [CompletionResultType]::ParameterName, 'Only tokens that expire within this time and were not replaced by a rotation')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Only tokens not used for this long; a token that was never used counts from its creation')
            [CompletionResult]::new('--created-before', '--created-before', [CompletionResultType]::ParameterName, 'Only tokens created before this time: a duration ago (90d), a date (00:00 UTC) or an RFC 3339 timestamp')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;backup' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace an existing file')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;restore' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;migrate' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;doctor' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with 1 on any finding')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;serve' {
            [CompletionResult]::new('--listen', '--listen', [CompletionResultType]::ParameterName, 'Address to listen on: ADDRESS:PORT or unix:/PATH; repeat the option for several [default: 127.0.0.1:7380]')
            [CompletionResult]::new('--socket-mode', '--socket-mode', [CompletionResultType]::ParameterName, 'Permissions of Unix sockets, in octal')
            [CompletionResult]::new('--tls-cert', '--tls-cert', [CompletionResultType]::ParameterName, 'TLS certificate chain, in PEM')
            [CompletionResult]::new('--tls-key', '--tls-key', [CompletionResultType]::ParameterName, 'Private key of the TLS certificate, in PEM')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Header that contains the secret, instead of Authorization')
            [CompletionResult]::new('--query-parameter', '--query-parameter', [CompletionResultType]::ParameterName, 'Query parameter of the original URI that can contain the secret, such as token; proxies and browsers may log it')
            [CompletionResult]::new('--issuer', '--issuer', [CompletionResultType]::ParameterName, 'URL of this server as clients see it, for its metadata (RFC 8414) [default: the first address]')
            [CompletionResult]::new('--read-database', '--read-database', [CompletionResultType]::ParameterName, 'Look secrets up in this replica of the database, which can be behind: a revoked token is good there until it has caught up. What it cannot answer, the database answers')
            [CompletionResult]::new('--max-staleness', '--max-staleness', [CompletionResultType]::ParameterName, 'Ask the database instead of a replica that is further behind than this, such as 5s')
            [CompletionResult]::new('--threads', '--threads', [CompletionResultType]::ParameterName, 'Number of threads that answer requests [default: number of processors]')
            [CompletionResult]::new('--max-connections', '--max-connections', [CompletionResultType]::ParameterName, 'Maximum number of open connections; more wait')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'Maximum time to answer a request')
            [CompletionResult]::new('--idle-timeout', '--idle-timeout', [CompletionResultType]::ParameterName, 'Maximum time that a connection may stay open without a complete request')
            [CompletionResult]::new('--shutdown-timeout', '--shutdown-timeout', [CompletionResultType]::ParameterName, 'Maximum time to finish requests in progress when the server stops')
            [CompletionResult]::new('--log-format', '--log-format', [CompletionResultType]::ParameterName, 'Format of the log on standard error')
            [CompletionResult]::new('--access-log', '--access-log', [CompletionResultType]::ParameterName, 'Requests to log: none, errors (5xx), failures (4xx and 5xx) or all')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--behind-proxy', '--behind-proxy', [CompletionResultType]::ParameterName, 'Only a trusted proxy can connect: allow any address without TLS, and take the address of the client from X-Forwarded-For')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;completions' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;man' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write all pages to this directory, and create it if necessary')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'Database file, or postgres:// URL [env: TOKCTL_DATABASE] [default: tokctl/tokctl.db in the user''s data directory]')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Output format: human, wide (tables in full), json, jsonl (one JSON object per line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use color')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print neither remarks nor confirmations')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask for confirmation')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Issue a token and print its secret')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Check a token secret; the exit code is the answer')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace the secret of a token, keeping owner, name and scopes')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change the name or the expiry of a token')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List tokens, by default the active ones')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the details of a token')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show the log of verifications and administrative changes')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show an overview of tokens and users')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Revoke tokens')
            [CompletionResult]::new('unrevoke', 'unrevoke', [CompletionResultType]::ParameterValue, 'Undo a revocation')
            [CompletionResult]::new('revoke-all', 'revoke-all', [CompletionResultType]::ParameterValue, 'Revoke all tokens that match filters')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete tokens that expired or were revoked long ago')
            [CompletionResult]::new('user', 'user', [CompletionResultType]::ParameterValue, 'Add, list, show, edit, ban and remove users')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Show and change the settings of the database')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Import users and tokens from another system')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Export everything but the log as JSON Lines, without secrets')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Back up the database while it is in use')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Replace the database with a backup')
            [CompletionResult]::new('migrate', 'migrate', [CompletionResultType]::ParameterValue, 'Create or upgrade the tables of the database')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Check the database and the tokens for problems')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Verify and administer tokens over HTTP')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a shell completion script')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Show a manual page, or write all pages to a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;help;create' {
            break
        }
        'tokctl;help;verify' {
            break
        }
        'tokctl;help;rotate' {
            break
        }
        'tokctl;help;edit' {
            break
        }
        'tokctl;help;list' {
            break
        }
        'tokctl;help;show' {
            break
        }
        'tokctl;help;log' {
            break
        }
        'tokctl;help;stats' {
            break
        }
        'tokctl;help;revoke' {
            break
        }
        'tokctl;help;unrevoke' {
            break
        }
        'tokctl;help;revoke-all' {
            break
        }
        'tokctl;help;prune' {
            break
        }
        'tokctl;help;user' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show a user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Edit a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Ban a user and reject their tokens')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift the ban of a user')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            break
        }
        'tokctl;help;user;add' {
            break
        }
        'tokctl;help;user;list' {
            break
        }
        'tokctl;help;user;show' {
            break
        }
        'tokctl;help;user;edit' {
            break
        }
        'tokctl;help;user;ban' {
            break
        }
        'tokctl;help;user;unban' {
            break
        }
        'tokctl;help;user;remove' {
            break
        }
        'tokctl;help;settings' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with values, defaults and meanings')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of a setting')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change a setting')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Reset a setting to its default')
            break
        }
        'tokctl;help;settings;list' {
            break
        }
        'tokctl;help;settings;get' {
            break
        }
        'tokctl;help;settings;set' {
            break
        }
        'tokctl;help;settings;unset' {
            break
        }
        'tokctl;help;import' {
            break
        }
        'tokctl;help;export' {
            break
        }
        'tokctl;help;backup' {
            break
        }
        'tokctl;help;restore' {
            break
        }
        'tokctl;help;migrate' {
            break
        }
        'tokctl;help;doctor' {
            break
        }
        'tokctl;help;serve' {
            break
        }
        'tokctl;help;completions' {
            break
        }
        'tokctl;help;man' {
            break
        }
        'tokctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
