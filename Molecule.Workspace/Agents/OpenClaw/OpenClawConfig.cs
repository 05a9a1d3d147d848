using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>The text of ~/.openclaw/openclaw.json for an arm: one provider, one model, nothing that calls home (driving-the-runtimes.md 3).</summary>
public static class OpenClawConfig
{
    /// <summary>The variable that holds the vendor's key; the file itself holds no secret.</summary>
    public const string KeyVariable = "OPENCLAW_PROVIDER_KEY";

    /// <summary>
    /// Under how many names the one provider stands. After a refused key or an empty account openclaw leaves a provider's key alone for ten
    /// minutes, whoever cures the cause before (driving-the-runtimes.md 3): the next turn goes by the next name.
    /// </summary>
    public const int Names = 8;

    /// <summary>The model under one of the provider's names, counted from 0.</summary>
    public static string Reference(string model, int name) => $"molecule-{name % Names + 1}/{model}";

    // The product forces these two, so that the program itself never compacts (spec 2.4).
    private const int ContextWindow = 1_000_000;
    private const int MaxTokens = 16_384;

    private const int LogBytes = 5_000_000;

    /// <summary>Renders the file.</summary>
    /// <param name="setup">The arm.</param>
    /// <param name="state">The folder of openclaw's state.</param>
    /// <param name="port">Where the gateway listens, on loopback.</param>
    public static string Render(OpenClawSetup setup, string state, int port)
    {
        var references = Enumerable.Range(0, Names).Select(name => Reference(setup.Model, name)).ToArray();

        // Kimi takes only requests that think (spec 3.4).
        var thinks = setup.Wire is OpenClawWire.Messages;
        return new JsonObject
        {
            ["agents"] = new JsonObject
            {
                ["defaults"] = new JsonObject
                {
                    ["workspace"] = Path.Combine(state, "workspace"),
                    ["skipBootstrap"] = true,
                    ["heartbeat"] = new JsonObject { ["every"] = "0m" },
                    ["model"] = new JsonObject { ["primary"] = references[0] },
                    ["models"] = new JsonObject(references.Select(static reference => KeyValuePair.Create(reference, (JsonNode?)new JsonObject()))),
                    ["thinkingDefault"] = thinks ? "low" : "off",
                },
            },
            ["models"] = new JsonObject
            {
                ["mode"] = "replace",
                ["catalogRefresh"] = Disabled(),
                ["providers"] = new JsonObject(references.Select(reference => KeyValuePair.Create(reference[..reference.IndexOf('/', StringComparison.Ordinal)], (JsonNode?)ProviderOf(setup, thinks)))),
            },
            ["plugins"] = Disabled(),
            ["update"] = new JsonObject { ["checkOnStart"] = false, ["auto"] = Disabled() },
            ["telemetry"] = Disabled(),
            ["discovery"] = new JsonObject { ["mdns"] = new JsonObject { ["mode"] = "off" } },

            // At info the log would hold what the agent says.
            ["logging"] = new JsonObject { ["level"] = "warn", ["consoleLevel"] = "warn", ["file"] = Path.Combine(state, "logs", "gateway.log"), ["maxFileBytes"] = LogBytes },
            ["gateway"] = new JsonObject
            {
                ["mode"] = "local",
                ["port"] = port,
                ["bind"] = "loopback",
                ["auth"] = new JsonObject { ["mode"] = "token" },
                ["controlUi"] = Disabled(),
                ["http"] = new JsonObject { ["endpoints"] = new JsonObject { ["chatCompletions"] = new JsonObject { ["enabled"] = true } } },
            },
        }.ToJsonString();
    }

    private static JsonObject ProviderOf(OpenClawSetup setup, bool thinks) => new()
    {
        ["baseUrl"] = setup.BaseUrl,
        ["apiKey"] = new JsonObject { ["source"] = "env", ["provider"] = "default", ["id"] = KeyVariable },
        ["api"] = setup.Wire is OpenClawWire.Messages ? "anthropic-messages" : "openai-completions",
        ["headers"] = new JsonObject(setup.Headers.Select(static h => KeyValuePair.Create<string, JsonNode?>(h.Key, h.Value))),
        ["models"] = new JsonArray(new JsonObject
        {
            ["id"] = setup.Model,
            ["name"] = setup.Model,
            ["reasoning"] = thinks,
            ["input"] = new JsonArray("text"),
            ["cost"] = new JsonObject { ["input"] = 0, ["output"] = 0, ["cacheRead"] = 0, ["cacheWrite"] = 0 },
            ["contextWindow"] = ContextWindow,
            ["maxTokens"] = MaxTokens,
        }),
    };

    private static JsonObject Disabled() => new() { ["enabled"] = false };
}
