using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Aspire.Hosting.Eventing
{
    /// <summary>Something that happens in the application.</summary>
    public interface IDistributedApplicationEvent;

    /// <summary>Something that happens to a resource.</summary>
    public interface IDistributedApplicationResourceEvent : IDistributedApplicationEvent
    {
        /// <summary>The resource.</summary>
        IResource Resource { get; }
    }

    /// <summary>How handlers are called.</summary>
    public enum EventDispatchBehavior
    {
        /// <summary>One after the other; the publisher waits.</summary>
        BlockingSequential = 0,

        /// <summary>All at once; the publisher waits.</summary>
        BlockingConcurrent = 1,

        /// <summary>One after the other; the publisher goes on.</summary>
        NonBlockingSequential = 2,

        /// <summary>All at once; the publisher goes on.</summary>
        NonBlockingConcurrent = 3,
    }

    /// <summary>A handler that has been subscribed.</summary>
    public class DistributedApplicationEventSubscription(Func<IDistributedApplicationEvent, CancellationToken, Task> callback)
    {
        /// <summary>The handler.</summary>
        public Func<IDistributedApplicationEvent, CancellationToken, Task> Callback { get; } = callback;
    }

    /// <summary>A handler that has been subscribed for one resource.</summary>
    public class DistributedApplicationResourceEventSubscription(IResource? resource, Func<IDistributedApplicationResourceEvent, CancellationToken, Task> callback)
        : DistributedApplicationEventSubscription((@event, cancellationToken) => callback((IDistributedApplicationResourceEvent)@event, cancellationToken))
    {
        /// <summary>The resource.</summary>
        public IResource? Resource { get; } = resource;
    }

    /// <summary>The application's events.</summary>
    public interface IDistributedApplicationEventing
    {
        /// <summary>Handles every event of a kind.</summary>
        DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
            where T : IDistributedApplicationEvent;

        /// <summary>Handles the events of a kind that happen to one resource.</summary>
        DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
            where T : IDistributedApplicationResourceEvent;

        /// <summary>Ends a subscription.</summary>
        void Unsubscribe(DistributedApplicationEventSubscription subscription);

        /// <summary>Calls the handlers, one after the other; what one throws, the publisher gets.</summary>
        Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
            where T : IDistributedApplicationEvent;

        /// <summary>Calls the handlers.</summary>
        Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default)
            where T : IDistributedApplicationEvent;
    }

    /// <inheritdoc cref="IDistributedApplicationEventing"/>
    public class DistributedApplicationEventing : IDistributedApplicationEventing
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<Type, List<DistributedApplicationEventSubscription>> _subscriptions = [];

        /// <inheritdoc/>
        public DistributedApplicationEventSubscription Subscribe<T>(Func<T, CancellationToken, Task> callback)
            where T : IDistributedApplicationEvent =>
            Add(typeof(T), new DistributedApplicationEventSubscription((@event, cancellationToken) => callback((T)@event, cancellationToken)));

        /// <inheritdoc/>
        public DistributedApplicationEventSubscription Subscribe<T>(IResource resource, Func<T, CancellationToken, Task> callback)
            where T : IDistributedApplicationResourceEvent =>
            Add(typeof(T), new DistributedApplicationResourceEventSubscription(resource, (@event, cancellationToken) => callback((T)@event, cancellationToken)));

        /// <inheritdoc/>
        public void Unsubscribe(DistributedApplicationEventSubscription subscription)
        {
            lock (_lock)
            {
                foreach (var subscriptions in _subscriptions.Values)
                {
                    subscriptions.Remove(subscription);
                }
            }
        }

        /// <inheritdoc/>
        public Task PublishAsync<T>(T @event, CancellationToken cancellationToken = default)
            where T : IDistributedApplicationEvent => PublishAsync(@event, EventDispatchBehavior.BlockingSequential, cancellationToken);

        /// <inheritdoc/>
        public Task PublishAsync<T>(T @event, EventDispatchBehavior dispatchBehavior, CancellationToken cancellationToken = default)
            where T : IDistributedApplicationEvent
        {
            ArgumentNullException.ThrowIfNull(@event);
            DistributedApplicationEventSubscription[] handlers;
            lock (_lock)
            {
                handlers = [.. _subscriptions.GetValueOrDefault(typeof(T), []).Where(s => Concerns(s, @event))];
            }

            var calls = dispatchBehavior is EventDispatchBehavior.BlockingConcurrent or EventDispatchBehavior.NonBlockingConcurrent
                ? Task.WhenAll(handlers.Select(h => Task.Run(() => h.Callback(@event, cancellationToken), cancellationToken)))
                : InOrderAsync(handlers, @event, cancellationToken);
            return dispatchBehavior is EventDispatchBehavior.BlockingConcurrent or EventDispatchBehavior.BlockingSequential ? calls : Task.CompletedTask;
        }

        private static bool Concerns(DistributedApplicationEventSubscription subscription, IDistributedApplicationEvent @event) =>
            subscription is not DistributedApplicationResourceEventSubscription { Resource: { } resource }
            || (@event is IDistributedApplicationResourceEvent happened && ReferenceEquals(happened.Resource, resource));

        private static async Task InOrderAsync(
            DistributedApplicationEventSubscription[] handlers, IDistributedApplicationEvent @event, CancellationToken cancellationToken)
        {
            foreach (var handler in handlers)
            {
                await handler.Callback(@event, cancellationToken).ConfigureAwait(false);
            }
        }

        private DistributedApplicationEventSubscription Add(Type type, DistributedApplicationEventSubscription subscription)
        {
            lock (_lock)
            {
                if (!_subscriptions.TryGetValue(type, out var subscriptions))
                {
                    _subscriptions[type] = subscriptions = [];
                }

                subscriptions.Add(subscription);
            }

            return subscription;
        }
    }
}

namespace Aspire.Hosting.Lifecycle
{
    /// <summary>Subscribes to events before the first of them is published.</summary>
    public interface IDistributedApplicationEventingSubscriber
    {
        /// <summary>Subscribes.</summary>
        Task SubscribeAsync(
            IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken);
    }

    /// <summary>Registers subscribers.</summary>
    public static class EventingSubscriberServiceCollectionExtensions
    {
        /// <summary>Registers a subscriber.</summary>
        public static void AddEventingSubscriber<T>(this IServiceCollection services)
            where T : class, IDistributedApplicationEventingSubscriber =>
            services.AddSingleton<IDistributedApplicationEventingSubscriber, T>();

        /// <summary>Registers a subscriber unless it has been.</summary>
        public static void TryAddEventingSubscriber<T>(this IServiceCollection services)
            where T : class, IDistributedApplicationEventingSubscriber =>
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IDistributedApplicationEventingSubscriber, T>());
    }
}
