using System.Net.Sockets;
using System.Text;
using Molecule.ControlPlane.Wire;

namespace Molecule.Tests.ControlPlane;

[Collection(ControlPlaneCollection.Name)]
public sealed class WireTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Fact]
    public async Task Unknown_routes_and_wrong_methods_answer_the_same_404_in_text()
    {
        var control = shared.Control;
        foreach (var (method, path) in new[]
        {
            ("GET", "/nowhere"), ("GET", "/"), ("DELETE", "/workspaces"), ("PUT", "/workspaces"), ("GET", "/registry/register"), ("POST", "/health"), ("PATCH", "/admin/llm/journal"),
            ("GET", "/api/v1/internal/llm/openai/v1/responses"), ("POST", "/api/v1/internal/llm/anthropic/v1/v1/messages"),
        })
        {
            var answer = await control.SendAsync(method, path);

            Assert.Equal((method, path, 404, "404 page not found", "text/plain"), (method, path, answer.Status, answer.Body, answer.Headers["Content-Type"]));
        }
    }

    [Fact]
    public async Task Health_carries_the_run_and_every_answer_its_security_headers()
    {
        var control = shared.Control;

        var health = await control.SendAsync("GET", "/health", bearer: "");

        Assert.Equal((200, """{"run":"run-of-the-tests","status":"ok"}"""), (health.Status, health.Body));
        Assert.Equal("nosniff", health.Headers["X-Content-Type-Options"]);
        Assert.Equal("DENY", health.Headers["X-Frame-Options"]);
        Assert.Equal("default-src 'self'", health.Headers["Content-Security-Policy"]);
        Assert.False(health.Headers.ContainsKey("Server"));
    }

    [Fact]
    public async Task Json_is_compact_sorted_and_escaped_as_the_product_s()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var created = await control.SendAsync(
            "POST", "/workspaces", """{"name":"Zoë+'𝄞'","external":true,"url":"http://localhost:1","canvas":{"x":100,"y":1.5}}""");
        await control.RegisterAsync("http://localhost:1", created.Id);
        await control.ExecuteAsync("""UPDATE workspaces SET agent_card = '{"b": [1, 2.50], "a": "<&>"}'""");

        var answer = await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: "");

        Assert.Equal("application/json; charset=utf-8", answer.Headers["Content-Type"]);
        Assert.Equal(
            """{"active_tasks":0,"agent_card":{"a":"\u003c\u0026\u003e","b":[1,2.50]},"collapsed":false,"id":"ID","last_error_rate":0,"last_outbound_at":null,"max_concurrent_tasks":1"""
            + ""","name":"Zoë+'𝄞'","parent_id":null,"role":null,"runtime":"external","status":"online","tier":3,"uptime_seconds":0,"url":"http://localhost:1","x":100,"y":1.5}""",
            answer.Body.Replace(created.Id.ToString(), "ID", StringComparison.Ordinal));
    }

    [Fact]
    public void Strings_are_escaped_as_go_does() => Assert.Equal(
        """{"a":"\u003ctag\u003e \u0026 \"q\" \\ + ' é 漢 🙂 \n\t\u0001\u2028"}""",
        Encoding.UTF8.GetString(WireJson.Serialize(new WireMap { ["a"] = "<tag> & \"q\" \\ + ' é 漢 🙂 \n\t\u0001\u2028" }).Span));

    [Theory]
    [InlineData("Authorization: Bearer {admin}", 200)]
    [InlineData("Authorization: Bearer {admin}\r\nAuthorization: Bearer wrong", 200)]
    [InlineData("Authorization: Bearer wrong\r\nAuthorization: Bearer {admin}", 401)]
    [InlineData("Authorization: bearer {admin}", 401)]
    [InlineData("Authorization: Bearer  {admin}", 401)]
    [InlineData("Authorization: Basic {admin}", 401)]
    [InlineData("X-Nothing: 1", 401)]
    public async Task The_first_authorization_header_counts_and_only_its_exact_scheme(string header, int expected)
    {
        var control = shared.Control;
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(control.Url).Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        var head = $"GET /workspaces HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header.Replace("{admin}", RunningControlPlane.AdminToken, StringComparison.Ordinal)}\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);

        Assert.StartsWith($"HTTP/1.1 {expected} ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
