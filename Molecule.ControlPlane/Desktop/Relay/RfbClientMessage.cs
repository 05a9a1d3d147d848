namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>The types of client messages that are relayed: RFC 6143 7.5, and of its registered extensions those that noVNC and TigerVNC speak.</summary>
internal enum RfbClientMessage : byte
{
    SetPixelFormat = 0,
    SetEncodings = 2,
    FramebufferUpdateRequest = 3,
    KeyEvent = 4,
    PointerEvent = 5,
    ClientCutText = 6,
    EnableContinuousUpdates = 150,
    ClientFence = 248,
    SetDesktopSize = 251,
    QemuClientMessage = 255,
}
