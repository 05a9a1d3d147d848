using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A text with values that may be known later only.</summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    /// <summary>Nothing.</summary>
    public static readonly ReferenceExpression Empty = new("", [], []);

    private readonly string?[] _formats;

    private ReferenceExpression(string format, IValueProvider[] providers, string?[] formats)
    {
        Format = format;
        ValueProviders = providers;
        _formats = formats;
    }

    /// <summary>The text as a composite format: <c>Host={0};Port={1}</c>.</summary>
    public string Format { get; }

    /// <summary>The values, in the order of their numbers.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <inheritdoc/>
    public string ValueExpression => string.Format(
        CultureInfo.InvariantCulture, Format, [.. ValueProviders.Select(static p => (object)((IManifestExpressionProvider)p).ValueExpression)]);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    /// <summary>Makes an expression of an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    /// <summary>The text with its values; null for an empty expression.</summary>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <inheritdoc cref="GetValueAsync(CancellationToken)"/>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        if (Format.Length == 0)
        {
            return null;
        }

        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var value = await ValueProviders[i].GetValueAsync(context, cancellationToken).ConfigureAwait(false);
            values[i] = _formats[i] is "uri" && value is not null ? Uri.EscapeDataString(value) : value;
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>Gathers the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler
    {
        private readonly Parts _parts;

        /// <summary>Called by the compiler.</summary>
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) => _parts = new Parts(literalLength, formattedCount);

        /// <summary>Adds text.</summary>
        public readonly void AppendLiteral(string value) => _parts.Add(value);

        /// <summary>Adds text.</summary>
        public readonly void AppendFormatted(string? value) => _parts.Add(value);

        /// <summary>Adds text; the format <c>uri</c> escapes it.</summary>
        public readonly void AppendFormatted(string? value, string? format = null) =>
            _parts.Add(format is "uri" && value is not null ? Uri.EscapeDataString(value) : value);

        /// <summary>Adds a value.</summary>
        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider, null);

        /// <summary>Adds a value; the format <c>uri</c> escapes it.</summary>
        public void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider, format);

        /// <summary>Adds a resource's value.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider.Resource, null);

        /// <summary>Adds a resource's value; the format <c>uri</c> escapes it.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider.Resource, format);

        internal readonly ReferenceExpression Build() => _parts.Build();
    }

    internal sealed class Parts(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength + (4 * formattedCount));
        private readonly List<IValueProvider> _providers = new(formattedCount);
        private readonly List<string?> _formats = new(formattedCount);

        public bool IsEmpty => _format.Length == 0;

        public void Add(string? text) =>
            _format.Append(text?.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public void Add(IValueProvider provider, string? format)
        {
            _format.Append(CultureInfo.InvariantCulture, $"{{{_providers.Count}}}");
            _providers.Add(provider);
            _formats.Add(format);
        }

        public ReferenceExpression Build() => new(_format.ToString(), [.. _providers], [.. _formats]);
    }
}

/// <summary>Builds a <see cref="ReferenceExpression"/> piece by piece.</summary>
public class ReferenceExpressionBuilder
{
    private readonly ReferenceExpression.Parts _parts = new(64, 4);

    /// <summary>Whether nothing has been added.</summary>
    public bool IsEmpty => _parts.IsEmpty;

    /// <summary>Adds text.</summary>
    public void AppendLiteral(string value) => _parts.Add(value);

    /// <summary>Adds text.</summary>
    public void AppendFormatted(string? value) => _parts.Add(value);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T valueProvider)
        where T : IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider, null);

    /// <summary>Adds a value; the format <c>uri</c> escapes it.</summary>
    public void AppendFormatted<T>(T valueProvider, string? format)
        where T : IValueProvider, IManifestExpressionProvider => _parts.Add(valueProvider, format);

    /// <summary>The expression.</summary>
    public ReferenceExpression Build() => _parts.Build();
}
